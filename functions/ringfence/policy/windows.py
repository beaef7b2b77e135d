"""Time windows of rules: hours of the day on some days of the week, in a time zone."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import date, datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = tuple(range(len(DAYS)))
DAY = 24 * 60
"""The minutes of a day."""


@frozen
class Window:
    """A time window that repeats each week.

    Attributes
    ----------
    zone : str
        The IANA time zone, such as `Europe/Berlin`. Daylight saving time is taken into account.
    weekdays : tuple of int
        The days of the week, from Monday (0) to Sunday (6).
    hours : tuple of (int, int)
        From and until, in minutes since midnight. The end is not included. A window whose end is not after
        its start ends on the next day, and belongs to the day on which it starts. Empty: the whole day.
    holidays : tuple of str
        Dates in ISO 8601 on which it is closed.
    """

    zone: str
    weekdays: tuple[int, ...] = EVERY_DAY
    hours: tuple[tuple[int, int], ...] = ()
    holidays: tuple[str, ...] = ()

    def contains(self, now: datetime) -> bool:
        """Return whether a time is in the window. Raises LookupError or ValueError for an unknown zone."""
        local = now.astimezone(ZoneInfo(self.zone))
        today, minute = local.date(), local.hour * 60 + local.minute
        return any(self._spans(start, end, minute, today) for start, end in self.hours or ((0, DAY),))

    def _spans(self, start: int, end: int, minute: int, today: date) -> bool:
        if start < end:
            return start <= minute < end and self._is_open(today)
        yesterday = today - timedelta(days=1)
        return (minute >= start and self._is_open(today)) or (minute < end and self._is_open(yesterday))

    def _is_open(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day.isoformat() not in self.holidays


@cache
def zones() -> frozenset[str]:
    """Return the names of the time zones."""
    return frozenset(available_timezones())
