"""What sweeps remember of each place, in the control table, and the chains that they look findings up in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CHAIN, CONTROL_KEY, as_stored
from ringfence.aws.control_reads import items_of
from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput
from ringfence.model.incident import incident_id
from ringfence.record.sweeps import SWEEP_KEY, Looked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from ringfence.record.chain import ChainKey, Entry

    Item = Mapping[str, Mapping[str, object]]

_OWN = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", (f"{SWEEP_KEY}*",)),)
PERMISSIONS = (
    Permission("dynamodb:BatchGetItem", ("{control_table}",), _OWN),
    Permission("dynamodb:PutItem", ("{control_table}",), _OWN),
    Permission("dynamodb:Query", ("{audit_table}",)),
)
TEXT = "text"
"""The attribute with what is remembered."""
_TRIES = 5
"""The most keys of a call, and how often keys are asked for that DynamoDB left unprocessed."""
_PAGE, _PAGES = 100, 5
"""Entries of a page of a chain, and the pages that are read at most. What is older counts as unknown."""


def to_looked(item: Item) -> Looked | None:
    """Read an item. None for one that no version of Ringfence has written."""
    try:
        return Looked.of(str(item[TEXT]["S"]))
    except (BadInput, KeyError):
        return None


@dataclass(frozen=True)
class SweepItems:
    """Implements `ringfence.handlers.sweeps.Memory`. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def read(self, key: str) -> Looked:
        """Return what is remembered. Nothing if it cannot be read: then the place counts as new."""
        return next((looked for _, looked in self.every((key,))), Looked())

    def write(self, key: str, looked: Looked, at: datetime) -> None:
        """Remember it."""
        item = {CONTROL_KEY: {"S": key}, "at": {"S": instant_text(at)}, TEXT: {"S": looked.text}}
        with raised("dynamodb:PutItem"):
            self.client.put_item(TableName=self.table, Item=item)

    def every(self, keys: Iterable[str]) -> Iterator[tuple[str, Looked]]:
        """Yield what is remembered under each of the keys, if there is something. Read 100 at a time."""
        for item in items_of(self.client, self.table, keys, _TRIES):
            if looked := to_looked(item):
                yield str(item[CONTROL_KEY]["S"]), looked


@dataclass(frozen=True)
class RecentChains:
    """Implements `ringfence.handlers.sweep_look.Chains`. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def since(self, key: ChainKey, at: datetime) -> tuple[Entry, ...]:
        """Return the entries of the incidents of a chain that were open at a time or were opened later.

        Entries are in order. The newest incident is read first, so an older one can lack its beginning.
        """
        found: list[Entry] = []
        for entry in self._newest_first(key):
            if found and entry.incident != found[-1].incident and _opened_before(found[-1].incident, at):
                break
            found.append(entry)
        return tuple(reversed(found))

    def _newest_first(self, key: ChainKey) -> Iterator[Entry]:
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "KeyConditionExpression": "#chain = :chain",
            "ExpressionAttributeNames": {"#chain": CHAIN},
            "ExpressionAttributeValues": {":chain": {"S": key.text}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": _PAGE,
        }
        for _ in range(_PAGES):
            with raised("dynamodb:Query"):
                page = self.client.query(**query)
            yield from map(as_stored, page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _opened_before(incident: str, at: datetime) -> bool:
    """Return whether an incident was opened before a time: ids sort by the time of opening."""
    return incident <= incident_id(at, "")
