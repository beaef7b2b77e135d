"""Reads of the audit table and of the control table, for the audit log in DynamoDB.

This module is imported before the isolating call, so it contains only what that call needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ringfence.aws.audit_items import CHAIN, CONTROL_KEY, ENTRY, as_stored, sort_key
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from ringfence.model.errors import RingfenceError
    from ringfence.record.chain import ChainKey, Entry

_PAGE = 200
"""Entries per read: more than one incident has, and less than all older incidents of its subject have."""
_MOST_CHAINS = 32
"""The chains that a warm environment remembers. One has a few hundred kilobytes at most."""
_BATCHES = 3
"""How often keys are asked for that DynamoDB left unprocessed."""


class AuditTables:
    """Reads entries and items. Errors are Retryable. An invalid request is an InternalError."""

    def __init__(
        self, client: DynamoDBClient, audit_table: str, control_table: str, *, remembers: bool = False
    ) -> None:
        """`remembers`: what was read of a chain is not read again."""
        self.client = client
        self.audit = audit_table
        self.control = control_table
        self._remembers = remembers
        self._known: dict[str, tuple[Entry, ...]] = {}

    def newest(self, key: ChainKey) -> tuple[Entry, ...]:
        """Return the entries of the newest incident. What was read before is not read again.

        The head of what was read is read once more, with everything after it. If the table still has it, each
        entry before it is the one that its hash names.
        """
        known = self._known.pop(key.text, ())
        entries = self._continued(key, known) if known else ()
        entries = entries or self._all_newest(key)
        if entries and self._remembers:
            self._known[key.text] = entries
            if len(self._known) > _MOST_CHAINS:
                self._known.pop(next(iter(self._known)), None)
        return entries

    def _continued(self, key: ChainKey, known: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Return the known entries with those after them. Empty for a newer incident or another head."""
        head = known[-1]
        found = tuple(self.between(key, sort_key(head.incident, head.seq), "~"))
        if found[:1] != (head,) or any(entry.incident != head.incident for entry in found):
            return ()
        return (*known, *found[1:])

    def _all_newest(self, key: ChainKey) -> tuple[Entry, ...]:
        query: QueryInputTypeDef = {
            "TableName": self.audit,
            "KeyConditionExpression": "#chain = :chain",
            "ExpressionAttributeNames": {"#chain": CHAIN},
            "ExpressionAttributeValues": {":chain": {"S": key.text}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": _PAGE,
        }
        entries: list[Entry] = []
        for entry in self._query(query):
            if entries and entry.incident != entries[0].incident:
                break
            entries.append(entry)
            if entry.seq == 0:
                break
        return tuple(reversed(entries))

    def of(self, key: ChainKey, incident: str) -> tuple[Entry, ...]:
        """Return the entries of an incident."""
        return tuple(self.between(key, f"{incident}#", f"{incident}#~"))

    def between(self, key: ChainKey, first: str, last: str) -> Iterator[Entry]:
        """Return the entries of a chain with sort keys from `first` to `last`."""
        return self._query(
            {
                "TableName": self.audit,
                "KeyConditionExpression": "#chain = :chain AND #entry BETWEEN :first AND :last",
                "ExpressionAttributeNames": {"#chain": CHAIN, "#entry": ENTRY},
                "ExpressionAttributeValues": {
                    ":chain": {"S": key.text},
                    ":first": {"S": first},
                    ":last": {"S": last},
                },
                "ConsistentRead": True,
            }
        )

    def _query(self, query: QueryInputTypeDef) -> Iterator[Entry]:
        while True:
            try:
                page = self.client.query(**query)
            except (ClientError, BotoCoreError) as error:
                raise _translated(error) from error
            yield from map(as_stored, page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def items(self, *keys: str) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        """Read items of the control table with one call. A missing item is empty.

        DynamoDB can leave keys unprocessed. An item that was not read is never taken for a missing one.
        """
        found: dict[str, Mapping[str, Mapping[str, object]]] = {}
        left = list(keys)
        for _ in range(_BATCHES):
            asked = {
                self.control: {"Keys": [{CONTROL_KEY: {"S": key}} for key in left], "ConsistentRead": True}
            }
            try:
                answer = self.client.batch_get_item(RequestItems=asked)  # type: ignore[arg-type]  # a literal
            except (ClientError, BotoCoreError) as error:
                raise _translated(error) from error
            found.update((item[CONTROL_KEY]["S"], item) for item in answer["Responses"].get(self.control, ()))
            again = answer.get("UnprocessedKeys", {}).get(self.control, {"Keys": ()})["Keys"]
            left = [str(key[CONTROL_KEY]["S"]) for key in again]
            if not left:
                return {key: found.get(key, {}) for key in keys}
        raise Retryable(f"DynamoDB did not read {', '.join(left)} in {_BATCHES} tries")


def _translated(error: ClientError | BotoCoreError) -> RingfenceError:
    from ringfence.aws.audit_errors import translated  # most reads succeed

    return translated(error)
