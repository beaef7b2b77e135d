"""How much of a limit is used, and which limits were reached. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.record.chain import CLOCKS
from ringfence.record.slots import BREAKER, LIMIT, NOTHING, allowed, in_use, places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from ringfence.record.chain import Slot


@frozen
class Breaker:
    """A limit that was reached: people are asked until it closes.

    Attributes
    ----------
    limit : str
        The name of the limit, such as `account/111122223333/hour`.
    incident : str
        The incident in which it was reached first.
    opened_at, closes_at : datetime
        When it was reached, and when it closes by time.
    """

    limit: str
    incident: str
    opened_at: datetime
    closes_at: datetime


@frozen
class Usage:
    """The places of a limit that are in use.

    Attributes
    ----------
    limit : Slot
        The limit.
    most : int
        How many may use it. Of a share it follows from the size of the group.
    used : tuple of Slot
        The places in use, by the time when they are free again.
    breaker : Breaker or None
        Since when people are asked. None if the limit was not reached.
    """

    limit: Slot
    most: int
    used: tuple[Slot, ...]
    breaker: Breaker | None = None

    @property
    def name(self) -> str:
        """The name of the limit for people."""
        return self.limit.name.removeprefix(LIMIT)

    @property
    def free(self) -> int:
        """How many places are free."""
        return max(0, self.most - len(self.used))

    @property
    def next_free_at(self) -> datetime | None:
        """When the next place is free again. None if none is in use, or if a containment has to end."""
        return self.used[0].at + self.limit.period if self.used and not self.limit.share else None


def usage(limit: Slot, items: Mapping[str, Slot], now: datetime, open_: Collection[str] = NOTHING) -> Usage:
    """Return how much of a limit is used.

    Parameters
    ----------
    limit
        The limit. It has no owner.
    items
        The items of its places and of its breaker, and of the size of its group, by key.
    now
        The time.
    open_
        The owners of places whose containments are open.
    """
    limit = replace(limit, at=now)
    found = (items[one.key] for one in places(limit) if in_use(one, items.get(one.key), open_))
    opened = items.get(breaker_key(limit.name))
    used = tuple(sorted(found, key=lambda one: one.at))
    return Usage(limit, allowed(limit, items), used, breaker_of(opened, now) if opened else None)


def breaker_of(slot: Slot, now: datetime) -> Breaker | None:
    """Return the breaker that an item says is open. None if it is closed."""
    period = window_of(slot.name)
    if not slot.owner or not now - period < slot.at <= now + CLOCKS:
        return None
    return Breaker(slot.name.removeprefix(BREAKER), slot.owner, slot.at, slot.at + period)


def breaker_name(limit: str) -> str:
    """Return the name of the item that says that a limit was reached.

    Examples
    --------
    >>> breaker_name("limit/overall/hour")
    'breaker/overall/hour'
    """
    return f"{BREAKER}{limit.removeprefix(LIMIT)}"


def breaker_key(limit: str) -> str:
    """Return the key of that item."""
    return f"{breaker_name(limit)}/0"


def window_of(limit: str) -> timedelta:
    """Return the length of a limit's window."""
    return timedelta(days=1) if limit.endswith("/day") else timedelta(hours=1)
