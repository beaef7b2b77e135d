"""Look for free places of limits after other writers were first, and make room in the share of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ringfence.aws.audit_errors import translated
from ringfence.aws.audit_items import CONTROL_KEY, slot_values, to_slot
from ringfence.aws.audit_puts import MOST_ITEMS, slot_put
from ringfence.aws.containments import open_owners
from ringfence.record.chain import Slot
from ringfence.record.slots import NOTHING, elsewhere, kept, places, share_of, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from ringfence.aws.audit_tables import AuditTables


def free_slots(tables: AuditTables, slots: Sequence[Slot], refused: Sequence[Slot]) -> tuple[Slot, ...]:
    """Read the places of the limits whose slots were refused, and choose free ones.

    Raises LimitReached if a limit has none.
    """
    wanted = {place.key: place.name for slot in refused for place in places(slot)}
    shares = [slot for slot in refused if slot.share]
    sizes = (size_of(slot.name, 0, slot.at) for slot in shares)
    wanted |= {size.key: size.name for size in sizes}
    keys, used = tuple(wanted), dict[str, Slot]()
    for start in range(0, len(keys), MOST_ITEMS):
        for key, item in tables.items(*keys[start : start + MOST_ITEMS]).items():
            if found := to_slot(wanted[key], item):
                used[key] = found
    return elsewhere(slots, refused, used, _open(tables, shares, used) if shares else NOTHING)


def keep_share(tables: AuditTables, share: Slot, size: int) -> None:
    """Keep the size of a group, and make room for the next containment. Raises Retryable.

    Nothing is written if another writer is first. In a group whose share is one, there is no room to make.
    """
    item = size_of(share.name, size, share.at)
    wanted = {item.key: item.name}
    if share_of(size, share.share, share.most) > 1:
        wanted |= {one.key: one.name for one in places(share)}
    found = tables.items(*wanted).items()
    used = {key: slot for key, stored in found if (slot := to_slot(wanted[key], stored))}
    writes = kept(share, size, used, _open(tables, (share,), used))
    puts = [_put(tables.control, one, item.key) for one in writes]
    if not puts:
        return
    try:
        tables.client.transact_write_items(TransactItems=puts)
    except (ClientError, BotoCoreError) as error:
        raise translated(error) from error


def _put(table: str, slot: Slot, size: str) -> TransactWriteItemTypeDef:
    """Return the put of the size, or of a place if nobody changed it since."""
    if slot.key != size:
        return slot_put(table, slot)
    return {"Put": {"TableName": table, "Item": {CONTROL_KEY: {"S": size}, **slot_values(slot)}}}


def _open(tables: AuditTables, shares: Sequence[Slot], used: Mapping[str, Slot]) -> frozenset[str]:
    """Return the owners of places whose containments are open."""
    owners = {used[one.key].owner for slot in shares for one in places(slot) if one.key in used}
    return open_owners(tables.items, frozenset(slot.owner for slot in shares), owners)
