"""The puts of the audit log in DynamoDB, with their conditions: entries, leases and used limits. Pure.

This module is imported before the isolating call, so it contains only what that call needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.aws.audit_items import CONTROL_KEY, ENTRY, lease_values, slot_values, to_item
from ringfence.model.codec import instant_text
from ringfence.record.chain import CLOCKS, ROOM, Lease

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UniversalAttributeValueTypeDef

    from ringfence.record.chain import ChainKey, Entry, Slot

MOST_ITEMS, _MOST_BYTES = 100, 3_000_000
"""A transaction can contain 100 items and 4 MB. The rest of the 4 MB is for keys and hashes."""


def entry_put(table: str, key: ChainKey, entry: Entry) -> TransactWriteItemTypeDef:
    """Write an entry unless there is one with its number."""
    return {
        "Put": {
            "TableName": table,
            "Item": to_item(key, entry),
            "ConditionExpression": "attribute_not_exists(#entry)",
            "ExpressionAttributeNames": {"#entry": ENTRY},
        }
    }


def lease_put(table: str, key: ChainKey, seen: Lease, lease: Lease) -> TransactWriteItemTypeDef:
    """Write a lease if the stored one is the one that was seen."""
    values: Mapping[str, object] = dict(seen.stored) or lease_values(seen)
    names = {f"#{name}": name for name in values}
    condition = " AND ".join(
        f"#{name} = :{name}" if there else f"attribute_not_exists(#{name})" for name, there in values.items()
    )
    if seen == Lease():
        condition = f"attribute_not_exists(#key) OR ({condition})"
        names["#key"] = CONTROL_KEY
    put: TransactWriteItemTypeDef = {
        "Put": {
            "TableName": table,
            "Item": {CONTROL_KEY: {"S": key.text}, **lease_values(lease)},
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
        }
    }
    if there := {f":{name}": value for name, value in values.items() if value}:
        put["Put"]["ExpressionAttributeValues"] = cast("Mapping[str, UniversalAttributeValueTypeDef]", there)
    return put


def slot_put(table: str, slot: Slot) -> TransactWriteItemTypeDef:
    """Use a place of a limit unless another owner uses it. See `Slot.free`."""
    # Room in a share was made for the size that the group had then.
    nobody = "(#owner = :nobody AND #at > :room)" if slot.share else "#owner = :nobody"
    put: TransactWriteItemTypeDef = {
        "Put": {
            "TableName": table,
            "Item": {CONTROL_KEY: {"S": slot.key}, **slot_values(slot)},
            "ConditionExpression": (
                f"NOT attribute_type(#at, :text) OR #at <= :ago OR #at > :soon OR #owner = :owner OR {nobody}"
            ),
            "ExpressionAttributeNames": {"#at": "at", "#owner": "owner"},
            "ExpressionAttributeValues": {
                ":text": {"S": "S"},
                ":ago": {"S": instant_text(slot.at - slot.period)},
                ":soon": {"S": instant_text(slot.at + CLOCKS)},
                ":owner": {"S": slot.owner},
                ":nobody": {"S": ""},
            },
        }
    }
    if slot.share:
        room = {":room": {"S": instant_text(slot.at - ROOM)}}
        put["Put"]["ExpressionAttributeValues"] = {**put["Put"]["ExpressionAttributeValues"], **room}
    if slot.seen:
        owner, at = slot.seen
        put["Put"]["ConditionExpression"] += " OR (#owner = :before AND #at = :then)"
        put["Put"]["ExpressionAttributeValues"] = {
            **put["Put"]["ExpressionAttributeValues"],
            ":before": {"S": owner},
            ":then": {"S": instant_text(at)},
        }
    return put


def chunks(entries: Sequence[Entry], first: int) -> Iterator[Sequence[Entry]]:
    """Split entries into transactions. The first one, which can be empty, has `first` items."""
    most, start, size = first, 0, 0
    for index, entry in enumerate(entries):
        if index - start == most or size + len(entry.body) > _MOST_BYTES:
            yield entries[start:index]
            most, start, size = MOST_ITEMS, index, 0
        size += len(entry.body)
    yield entries[start:]
