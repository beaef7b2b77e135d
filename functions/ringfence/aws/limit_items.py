"""The items of limits in the control table, for operators who read and reset them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ringfence.aws.audit_items import CONTAINMENTS, CONTROL_KEY, OPEN, slot_values, to_slot
from ringfence.aws.containments import open_owners
from ringfence.aws.control_reads import items_of
from ringfence.aws.failures import raised
from ringfence.model.codec import instant_text
from ringfence.record.chain import Slot
from ringfence.record.slots import BREAKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        QueryInputTypeDef,
    )

    Item = Mapping[str, Mapping[str, object]]

_TRIES = 3
"""The most keys of a call, and how often keys are asked for that DynamoDB left unprocessed."""


@dataclass(frozen=True)
class DynamoLimitItems:
    """Implements `ringfence.engine.limit_resets.LimitItems`. Raises Retryable if DynamoDB fails.

    Its permissions are those of the audit log and of the list of open containments.
    """

    client: DynamoDBClient
    table: str

    def read(self, keys: Iterable[str]) -> Mapping[str, Slot]:
        """Return the items with these keys that exist."""
        found: dict[str, Slot] = {}
        for item in items_of(self.client, self.table, keys, _TRIES):
            key = item[CONTROL_KEY]["S"]
            if slot := to_slot(key.rpartition("/")[0], item):
                found[key] = slot
        return found

    def open(self, chains: Iterable[str]) -> frozenset[str]:
        """Return those of these chains whose containments are open."""
        wanted = tuple(dict.fromkeys(chains))
        return open_owners(self._items, frozenset(wanted), wanted)

    def _items(self, *keys: str) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        """Return items by their keys. A missing one is empty."""
        found: dict[str, Mapping[str, Mapping[str, object]]] = {key: {} for key in keys}
        some = items_of(self.client, self.table, keys, _TRIES)
        found.update((str(item[CONTROL_KEY]["S"]), cast("Item", item)) for item in some)
        return found

    def breakers(self) -> tuple[Slot, ...]:
        """Return the items of limits that were reached."""
        return tuple(self._breakers())

    def free(self, key: str, seen: Slot, now: datetime) -> None:
        """Let nobody use an item, if it still is what was seen."""
        freed = Slot(key.rpartition("/")[0], "", now, index=0)
        with raised("dynamodb:PutItem"):
            try:
                self.client.put_item(
                    TableName=self.table,
                    Item={CONTROL_KEY: {"S": key}, **slot_values(freed)},
                    ConditionExpression="#owner = :owner AND #at = :at",
                    ExpressionAttributeNames={"#owner": "owner", "#at": "at"},
                    ExpressionAttributeValues={
                        ":owner": {"S": seen.owner},
                        ":at": {"S": instant_text(seen.at)},
                    },
                )
            except self.client.exceptions.ConditionalCheckFailedException:
                return  # a response has used it meanwhile

    def _breakers(self) -> Iterator[Slot]:
        query: QueryInputTypeDef = {
            "TableName": self.table,
            "IndexName": CONTAINMENTS,
            "KeyConditionExpression": "#state = :state",
            "ExpressionAttributeNames": {"#state": OPEN},
            "ExpressionAttributeValues": {":state": {"S": BREAKERS}},
        }
        while True:
            with raised("dynamodb:Query"):
                page = self.client.query(**query)
            for item in page["Items"]:
                if slot := to_slot(str(item[CONTROL_KEY]["S"]).rpartition("/")[0], item):
                    yield slot
            if not page.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
