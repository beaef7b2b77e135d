"""`ringfence incidents`: list incidents and show their timelines."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import click

from ringfence.cli.log import containments_of, find, reader_of
from ringfence.cli.operator_command import url_option
from ringfence.cli.pauses import paused_in
from ringfence.cli.recheck import recheck
from ringfence.cli.seals import seals_of
from ringfence.cli.settings import AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.model.errors import RingfenceError
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.aws.incidents import IncidentReader, Response
    from ringfence.cli.incident_views import Verified
    from ringfence.record.chain import Entry

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


@click.group()
def incidents() -> None:
    """Find and show incidents in the audit log."""


incidents.add_command(recheck)


@incidents.command("list")
@click.option(
    "--since",
    type=Since(),
    default="30d",
    show_default=True,
    help="Show incidents since this time: 7d, 12h, 30m or a date.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Show at most this number of responses.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each response."
)
@home_options(AUDIT_TABLE, CONTROL_TABLE)
def list_incidents(home: Home, since: datetime, limit: int, *, as_json: bool) -> None:
    """List the responses to incidents, newest first.

    Exit code 0: listed. 1: the audit log cannot be read. 2: bad input.
    """
    reader = reader_of(home)
    found = tuple(islice(reader.opened(since, datetime.now(UTC) + timedelta(days=1)), limit))
    summaries = [Summary.of(entries) for _, entries in _read(reader, found)]
    verified = _verified(home)
    if as_json:
        for summary in summaries:
            click.echo(json.dumps(_as_json(summary, verified)))
        return
    from ringfence.cli.incident_views import listed, paused, show

    show(*paused(paused_in(reader)), listed(summaries, verified, datetime.now(UTC)))


@incidents.command("show", short_help="Show the timeline of an incident.")
@click.argument("incident")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@url_option
@home_options(AUDIT_TABLE, CONTROL_TABLE)
def show_incident(home: Home, incident: str, *, url: str | None, as_json: bool) -> None:
    """Show the timeline of INCIDENT, one for each response, and what the seals of its entries prove.

    Ringfence's function checks the seals, because only functions have the key. If the API cannot be reached
    or denies the request, the command says that the seals are not checked.

    Exit code 0: shown. 1: the audit log cannot be read. 2: no such incident.
    """
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.record.timeline import timeline

    reader = reader_of(home)
    read = _read(reader, find(reader, None, incident))
    responses = [(chain, Summary.of(each), timeline(each)) for chain, each in read]
    verified, seals = _verified(home), seals_of(home, url, incident)
    if as_json:
        told = [
            {
                **_as_json(summary, verified),
                "seals": seals.of(chain).as_json(),
                "entries": [row.as_json() for row in rows],
            }
            for chain, summary, rows in responses
        ]
        click.echo(json.dumps({"incident": incident, "responses": told}))
        return
    from ringfence.cli.incident_views import header, paused, rows_shown, show

    if stopped := paused_in(reader):
        show(*paused(stopped))
    for chain, summary, rows in responses:
        proved = seals.of(chain)
        show(header(summary, verified, datetime.now(UTC), proved), rows_shown(rows, proved))


def _read(reader: IncidentReader, responses: Sequence[Response]) -> list[tuple[str, tuple[Entry, ...]]]:
    """Return the entries of each response that has any, with its chain. Bodies can name another chain."""
    from ringfence.handlers.threads import Threads

    reads = [lambda one=one: reader.entries(one) for one in responses]
    found = Threads()(reads) if reads else ()
    pairs = zip(responses, found, strict=True)
    return [(one.key.text, each) for one, each in pairs if isinstance(each, tuple) and each]


def _verified(home: Home) -> Verified:
    """Return when each open contained incident was last verified. Empty if the list cannot be read."""
    try:
        return {(one.key.text, one.incident): one.verified_at for one in containments_of(home).open()}
    except RingfenceError:
        return {}


def _as_json(summary: Summary, verified: Verified) -> dict[str, object]:
    at = verified.get(summary.id)
    return {
        "incident": summary.incident,
        "opened": summary.began.isoformat(),
        "runbook": summary.runbook,
        "subject": summary.subject,
        "mode": summary.mode,
        "state": summary.state,
        "verified_at": at.isoformat() if at else None,
        "findings": [
            {"id": one.id, "type": one.type, "severity": one.severity, "title": one.title}
            for one in summary.findings
        ],
        "remaining": summary.words("remaining"),
        "refused": summary.words("refused"),
        "exposure": summary.residual_risk,
    }
