"""Look for free places of limits after other writers were first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.audit_items import to_slot
from ringfence.aws.audit_puts import MOST_ITEMS
from ringfence.aws.containments import open_owners
from ringfence.record.chain import Slot
from ringfence.record.slots import NOTHING, elsewhere, places, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def _open(tables: AuditTables, shares: Sequence[Slot], used: Mapping[str, Slot]) -> frozenset[str]:
    """Return the owners of places whose containments are open."""
    owners = {used[one.key].owner for slot in shares for one in places(slot) if one.key in used}
    return open_owners(tables.items, frozenset(slot.owner for slot in shares), owners)
