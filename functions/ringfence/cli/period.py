"""Times on the command line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import click

from ringfence.model.errors import BadInput

_AGO = re.compile(r"(?P<number>[0-9]{1,4})(?P<unit>[dhm])")
BEFORE_ALL, AFTER_ALL = datetime(2020, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""All incidents are between these times. The reader queries each month between them."""
MOMENT = "2027-01-31T22:00+01:00"
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class Moment(click.ParamType[datetime]):
    """An ISO time with its offset from UTC."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{ascii(value)[:40]} is not a time like {MOMENT}", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"{ascii(value)[:40]} has no offset from UTC, as in {MOMENT}", param, ctx)
        return instant


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


class Until(Since):
    """The end of a period. A date without a time is the whole day, to its last moment in UTC."""

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        instant = super().convert(value, param, ctx)
        if isinstance(value, datetime) or not _is_date(value):
            return instant
        return min(instant + timedelta(days=1, microseconds=-1), AFTER_ALL)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_period(since: datetime | None, until: datetime | None) -> None:
    """Raise BadInput if a period ends before it begins."""
    if since and until and until < since:
        began = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        raise BadInput(
            "--until", f"must not be before --since, {began}", f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )


def given_options(*options: str) -> bool:
    """Return whether one of these options of the present command was typed, and is no default."""
    from click.core import ParameterSource

    source = click.get_current_context().get_parameter_source
    return any(source(one) is ParameterSource.COMMANDLINE for one in options)
