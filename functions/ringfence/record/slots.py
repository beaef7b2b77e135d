"""Find a free place of a limit when another owner was first. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.errors import LimitReached
from ringfence.model.frozen import replace
from ringfence.record.chain import CLOCKS, PERIOD, ROOM, Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

LIMIT, BREAKER, MEMBERS = "limit/", "breaker/", "limit/members/"
"""The beginnings of the keys of limits, of the items that say that a limit was reached, and of those with the
target groups of an instance.
"""
BUDGET = "critical/"
"""The beginning of the names of limits of the separate budget of critical findings."""
BREAKERS = "breaker"
"""What the sparse index of the control table calls the items of limits that were reached."""
RESETS, REPLAYS, REFUSALS = "limits", "dead-letters", "senders"
"""The ids in the keys of the chains of resets, of replayed dead letters and of refused findings, in the place
of a runbook's.
"""
LIMIT_KEYS = (f"{LIMIT}*", f"{BREAKER}*")
"""The keys that belong to no runbook alone: several runbooks share the limits of an account."""


_REMEMBERED = timedelta(hours=24)
"""How long a smaller size counts although a larger one was read since. To raise a size gains nothing then."""
NOTHING: frozenset[str] = frozenset()
"""No open containment."""


def places(slot: Slot) -> Iterator[Slot]:
    """Return every place of a limit, beginning with the one that a slot has."""
    return (replace(slot, index=place) for place in _in_order(slot))


def _in_order(slot: Slot) -> Iterator[int]:
    """Return the number of every place, beginning with the one that a slot has."""
    first = slot.place
    return ((first + step) % slot.most for step in range(slot.most))


def elsewhere(
    slots: Sequence[Slot],
    refused: Collection[Slot],
    used: Mapping[str, Slot],
    open_: Collection[str] = NOTHING,
) -> tuple[Slot, ...]:
    """Give each refused slot a free place.

    Parameters
    ----------
    slots
        All slots of one write.
    refused
        Those whose places others use, or are about to use.
    used
        What the items of the refused limits contain, by key. A missing item is free.
    open_
        Of the owners of places of shares, the chains whose containments are open.

    Raises
    ------
    LimitReached
        No place of a limit is free.

    """
    keys = {one.key for one in refused}
    return tuple(_free(one, used, open_) if one.key in keys else one for one in slots)


def size_of(limit: str, size: int, now: datetime) -> Slot:
    """Return the item that says how large a group is. `limit` is the name of the limit on its share."""
    return Slot(f"{limit.rpartition('/')[0]}/size", str(size), now)


def share_of(size: int, share: int, most: int) -> int:
    """Return how many of a group a share allows: at least one.

    Examples
    --------
    >>> [share_of(size, 20, most=20) for size in (0, 9, 10, 500)]
    [1, 1, 2, 20]
    """
    return min(most, max(1, size * share // 100))


def allowed(slot: Slot, used: Mapping[str, Slot]) -> int:
    """Return how many owners a limit allows: one, if it is a share and the size of the group is not known."""
    if not slot.share:
        return slot.most
    if slot.size:
        return share_of(slot.size, slot.share, slot.most)
    known = used.get(size_of(slot.name, 0, slot.at).key)
    fresh = known is not None and known.owner.isdecimal() and _is_fresh(known, slot.at)
    return share_of(int(known.owner) if known and fresh else 0, slot.share, slot.most)


def kept(share: Slot, size: int, used: Mapping[str, Slot], open_: Collection[str]) -> tuple[Slot, ...]:
    """Return what to write after a containment, so that the next one knows at once whether there is room.

    The first place of a share is the one that every containment asks for. If the share allows another
    containment, the owner of the first place moves to another place. Then the next containment needs no read.

    Parameters
    ----------
    share
        The limit on the share, now.
    size
        How large the group is.
    used
        What the items of its size and of its places contain, by key.
    open_
        The owners of places whose containments are open.
    """
    known = used.get(size_of(share.name, 0, share.at).key)
    item = size_now(share.name, size, known, share.at)
    writes = () if item == known or (known is None and _is_one(item, share)) else (item,)
    return (*writes, *_moved(share, {**used, item.key: item}, open_))


def size_now(limit: str, size: int, known: Slot | None, now: datetime) -> Slot:
    """Return the item that says how large a group counts, after a read: a smaller size is remembered."""
    if known and known.owner.isdecimal() and int(known.owner) <= size and _is_remembered(known, now):
        return known
    return size_of(limit, size, now)


def _is_one(size: Slot, share: Slot) -> bool:
    return share_of(int(size.owner), share.share, share.most) == 1


def _is_remembered(known: Slot, now: datetime) -> bool:
    return now - _REMEMBERED < known.at <= now + CLOCKS


def _moved(share: Slot, used: Mapping[str, Slot], open_: Collection[str]) -> tuple[Slot, ...]:
    """Return the place to which the owner of the first place moves, and the first place without an owner."""
    nobody = replace(share, owner="", index=0)
    every = tuple(places(nobody))
    taken = [one for one in every if in_use(one, used.get(one.key), open_)]
    most = allowed(share, used)
    others = [one for one in every[1:most] if one not in taken]
    if nobody not in taken or len(taken) >= most or not others:
        return ()
    first, stale = used[nobody.key], used.get(others[0].key)
    moved = replace(others[0], owner=first.owner, seen=(stale.owner, stale.at) if stale else None)
    return moved, replace(nobody, seen=(first.owner, first.at))


def in_use(slot: Slot, known: Slot | None, open_: Collection[str] = NOTHING) -> bool:
    """Return whether another owner uses the place of a slot, as its item `known` says.

    A place of a share is used from the intent on. After a while, only an open containment uses it.
    """
    if known is None or known.free(slot.at, slot.owner, slot.period):
        return False
    return not slot.share or known.owner in open_ or known.at > slot.at - PERIOD


def _is_fresh(known: Slot, now: datetime) -> bool:
    return now - ROOM < known.at <= now + CLOCKS


def _free(slot: Slot, used: Mapping[str, Slot], open_: Collection[str]) -> Slot:
    """Return the slot with a free place. Only the chosen one is copied: a limit has up to 100 places."""
    own, every, most = list[int](), list[int](), allowed(slot, used)
    for place in _in_order(slot):
        known = used.get(slot.key_of(place))
        if known and known.owner == slot.owner:
            own.append(place)
        if not in_use(slot, known, open_):
            every.append(place)
    full = slot.most - len(every) >= most
    every = [] if full else [place for place in every if place < most]
    # Somebody is just now taking the place that was refused and looks free: another one comes first.
    others = [place for place in every if place != slot.place]
    for place in (*own, *others, *every):
        known = used.get(slot.key_of(place))
        seen = (known.owner, known.at) if slot.share and known else slot.seen
        return replace(slot, index=place, seen=seen)
    holder = used.get(slot.key)
    raise LimitReached(slot.name, holder.owner if holder else "", most)
