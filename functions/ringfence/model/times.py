"""Times in words for people."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def utc_text(at: datetime) -> str:
    """Return a time in UTC, to the second.

    Examples
    --------
    >>> from datetime import datetime
    >>> utc_text(datetime.fromisoformat("2026-01-31T23:59:59.999999+00:00"))
    '2026-01-31 23:59:59 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
