"""`ringfence incidents`: list incidents."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ringfence.cli.again import again
from ringfence.cli.incident_export import export
from ringfence.cli.incident_filters import STATES_HELP, Filters, filter_options
from ringfence.cli.incident_report import report
from ringfence.cli.incident_show import show_incident
from ringfence.cli.incident_watch import watch
from ringfence.cli.log import reader_of
from ringfence.cli.operator_command import now_of
from ringfence.cli.output import note, print_rows, verified_of
from ringfence.cli.pager import page_options
from ringfence.cli.pauses import paused_in
from ringfence.cli.period import Since, Until, check_period
from ringfence.cli.recheck import recheck
from ringfence.cli.settings import AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.cli.text import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.cli.incident_reads import Found
    from ringfence.cli.incident_views import Verified

MOST = 1000
_COMMAND = ("incidents", "list")


@click.group()
def incidents() -> None:
    """Find and show incidents in the audit log."""


incidents.add_command(export)
incidents.add_command(recheck)
incidents.add_command(report)
incidents.add_command(show_incident)
incidents.add_command(watch)


@incidents.command("list", short_help="List the incidents.", epilog=STATES_HELP)
@filter_options
@click.option(
    "--since",
    type=Since(),
    default="30d",
    show_default=True,
    help="Show incidents that were opened since this time: 7d, 12h, 30m, or a date or time in UTC.",
)
@click.option(
    "--until",
    type=Until(),
    help="Show incidents that were opened until this time. A date means the whole day.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=50,
    show_default=True,
    help="Show at most this number of responses.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each response."
)
@page_options
@home_options(AUDIT_TABLE, CONTROL_TABLE)
def list_incidents(  # noqa: PLR0913 - one parameter for each option
    home: Home,
    filters: Filters,
    *,
    since: datetime,
    until: datetime | None,
    limit: int,
    as_json: bool,
    full: bool,
    no_pager: bool,
) -> None:
    """List the responses to incidents, newest first, each with its worst finding.

    --since and --until select by the time at which an incident was opened. An incident that was opened before
    and went on in the period is not listed.

    In a pipe, each response is a line of columns between tabs: incident, state, severity, kind, id, name,
    account, region, runbook, worst finding, number of findings, and the times of opening and of the last
    verification. Messages go to standard error.

    Exit code 0: listed. 1: the audit log cannot be read. 2: bad input.
    """
    from ringfence.cli.incident_reads import found

    check_period(since, until)
    now, reader = now_of(), reader_of(home)
    listed = found(reader, filters, (since, until or now + timedelta(days=1)), limit)
    verified = verified_of(home)
    if as_json:
        from ringfence.cli.incident_json import as_json as in_json

        print_rows(json.dumps(in_json(one, verified)) for one in listed.briefs)
        note(_rest(listed, limit))
    elif is_terminal():
        _list_page(
            home,
            listed,
            verified,
            now,
            paused_in(reader, home.place),
            full=full,
            pager=not no_pager,
            limit=limit,
            none=filters.none_found,
        )
    else:
        from ringfence.cli.incident_rows import rows

        note(*(f"PAUSED: {one}" for one in paused_in(reader, home.place)))
        print_rows(rows(listed.briefs, verified))
        note(_rest(listed, limit), *(() if listed.briefs else (filters.none_found,)))


def _list_page(  # noqa: PLR0913 - what is shown, and how
    home: Home,
    found: Found,
    verified: Verified,
    now: datetime,
    paused: Iterable[str],
    *,
    full: bool,
    pager: bool,
    limit: int,
    none: str,
) -> None:
    from rich.text import Text

    from ringfence.cli import incident_list as view
    from ringfence.cli.consoles import console
    from ringfence.cli.incident_views import paused as paused_lines
    from ringfence.cli.layout import ending
    from ringfence.cli.pager import page, rendered

    on = console()
    parts = [
        *paused_lines(paused),
        *view.listed(found.briefs, verified, home.accounts, now, 0 if full else on.width),
    ]
    if not found.briefs:
        parts.append(Text(none))
    if rest := _rest(found, limit):
        parts += [Text(rest, "yellow")]
    text = rendered(parts, on)
    next_ = "To look further back:", again(_COMMAND, "--since", "365d")
    if found.briefs:
        text += rendered((Text(), view.summary(found.briefs)), on)
        next_ = view.next_for(found.briefs)
    text += rendered(ending(*next_), on, soft=True)
    page(text, pager=pager)


def _rest(found: Found, limit: int) -> str:
    """Return how many responses are not shown, and the command that shows them."""
    if not found.more:
        return ""
    more = min(MOST, max(2 * limit, limit + found.more))
    command = again(_COMMAND, "--limit", str(more))
    what = "older responses were not read" if found.unread else "more"
    return f"{found.more} {what}: {command}"
