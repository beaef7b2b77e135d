"""Find a free place of a limit when another owner was first. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.errors import LimitReached

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ringfence.record.chain import Slot

LIMIT, BREAKER = "limit/", "breaker/"
"""The beginnings of the keys of limits, and of the items that say that a limit was reached."""
BUDGET = "critical/"
"""The beginning of the names of limits of the separate budget of critical findings."""
BREAKERS = "breaker"
"""What the sparse index of the control table calls the items of limits that were reached."""
RESETS = "limits"
"""The id in the key of the chain of resets, in the place of a runbook's."""
LIMIT_KEYS = (f"{LIMIT}*", f"{BREAKER}*")
"""The keys that belong to no runbook alone: several runbooks share the limits of an account."""


def places(slot: Slot) -> Iterator[Slot]:
    """Yield every place of a limit, beginning with the one that a slot has."""
    for step in range(slot.most):
        yield replace(slot, index=(slot.place + step) % slot.most)


def elsewhere(slots: Sequence[Slot], refused: Collection[Slot], used: Mapping[str, Slot]) -> tuple[Slot, ...]:
    """Give each refused slot a free place.

    Parameters
    ----------
    slots
        All slots of one write.
    refused
        Those whose places others use, or are about to use.
    used
        What the items of the refused limits contain, by key. A missing item is free.

    Raises
    ------
    LimitReached
        No place of a limit is free.

    """
    return tuple(_free(one, used) if one in refused else one for one in slots)


def _free(slot: Slot, used: Mapping[str, Slot]) -> Slot:
    own = [one for one in places(slot) if (known := used.get(one.key)) and known.owner == slot.owner]
    every = [one for one in places(slot) if _is_free(one, used.get(one.key))]
    # Somebody is just now taking the place that was refused and looks free: another one comes first.
    others = [one for one in every if one.place != slot.place]
    for one in (*own, *others, *every):
        return one
    holder = used.get(slot.key)
    raise LimitReached(slot.name, holder.owner if holder else "", slot.most)


def _is_free(slot: Slot, known: Slot | None) -> bool:
    return known is None or known.free(slot.at, slot.owner, slot.period)
