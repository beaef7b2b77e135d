"""Times on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_AGO = re.compile(r"(?P<number>[0-9]{1,4})(?P<unit>[dhm])")
BEFORE_ALL, AFTER_ALL = datetime(2020, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""All incidents are between these times. The reader queries each month between them."""
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class Since(click.ParamType[datetime]):
    """A time: an age (`7d`, `12h`, `30m`), or an ISO date or time. UTC is the default time zone."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        if ago := _AGO.fullmatch(value):
            return max(datetime.now(UTC) - timedelta(**{_UNITS[ago["unit"]]: int(ago["number"])}), BEFORE_ALL)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{ascii(value)[:40]} is not a time like 7d, 12h or 30m, or a date like 2026-01-31",
                param,
                ctx,
            )
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return min(max(instant, BEFORE_ALL), AFTER_ALL)
