"""Times for people: in UTC, and in the time zone of the terminal beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ringfence.model.times import utc_text


def both(at: datetime) -> str:
    """Return a time in UTC, and in the local time zone if that is another one."""
    utc = at.astimezone(UTC)
    there = _local(at)
    if there is None or there.utcoffset() == timedelta(0):
        return utc_text(at)
    day = "" if there.date() == utc.date() else f"{there:%Y-%m-%d} "
    return f"{utc_text(at)} ({day}{there:%H:%M:%S %Z})"


def ago(age: timedelta) -> str:
    """Return an age in its largest unit."""
    minutes = max(age, timedelta(0)) // timedelta(minutes=1)
    for unit, length in (("d", 24 * 60), ("h", 60), ("min", 1)):
        if minutes >= 2 * length or (unit == "min" and minutes):
            return f"{minutes // length} {unit} ago"
    return "just now"


def left(time: timedelta) -> str:
    """Return how much time is left, in its largest unit."""
    minutes = max(time, timedelta(0)) // timedelta(minutes=1)
    for unit, length in (("d", 24 * 60), ("h", 60), ("min", 1)):
        if minutes >= 2 * length or (unit == "min" and minutes):
            return f"{minutes // length} {unit} left"
    return "less than a minute left"


def _local(at: datetime) -> datetime | None:
    """Return a time in the local time zone. None for a time that the platform cannot convert."""
    try:
        return at.astimezone()
    except (OverflowError, OSError, ValueError):
        return None
