"""Which notices wait for a summary, in the control table: by their entries, not by their texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.codec import instant_text
from ringfence.model.frozen import frozen
from ringfence.record.control import HELD_SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

SLOTS = tuple(f"{HELD_SLOTS}{number}" for number in range(8))
"""The keys of the items. Each environment of the function for notices uses one of them."""
_KEYS = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", (f"{HELD_SLOTS}*",)),)
PERMISSIONS = tuple(
    Permission(f"dynamodb:{name}", ("{control_table}",), _KEYS) for name in ("BatchGetItem", "PutItem")
)


@frozen
class Held:
    """An entry whose notice waits: its chain, its incident, and its sort key."""

    chain: str
    incident: str
    entry: str


@frozen
class Slot:
    """What waited in one environment when it wrote its item."""

    key: str
    at: datetime
    held: tuple[Held, ...]


@dataclass(frozen=True)
class HeldItems:
    """Reads and writes the items. Raises Retryable if DynamoDB fails."""

    client: DynamoDBClient
    table: str

    def read(self) -> tuple[Slot, ...]:
        """Return the items. One that cannot be read is left out: the audit log contains everything."""
        asked = {self.table: {"Keys": [{CONTROL_KEY: {"S": key}} for key in SLOTS]}}
        with raised("dynamodb:BatchGetItem"):
            page = self.client.batch_get_item(RequestItems=asked)  # type: ignore[arg-type]  # a literal
        return tuple(_slots(page["Responses"].get(self.table, ())))

    def put(self, key: str, at: datetime, held: tuple[Held, ...]) -> None:
        """Write an item. `at` is the current time."""
        text = json.dumps([[one.chain, one.incident, one.entry] for one in held])
        item = {CONTROL_KEY: {"S": key}, "at": {"S": instant_text(at)}, "held": {"S": text}}
        with raised("dynamodb:PutItem"):
            self.client.put_item(TableName=self.table, Item=item)


def _slots(items: object) -> Iterator[Slot]:
    for item in items if isinstance(items, list) else ():
        try:
            held = tuple(Held(*map(str, one)) for one in json.loads(_text(item, "held")))
            yield Slot(_text(item, CONTROL_KEY), datetime.fromisoformat(_text(item, "at")), held)
        except (TypeError, ValueError):
            continue


def _text(item: Mapping[str, Mapping[str, object]], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
