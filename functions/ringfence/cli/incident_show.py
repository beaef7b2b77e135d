"""`ringfence incidents show`: one incident on one screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ringfence.cli.completion import incidents
from ringfence.cli.incident_filters import STATES_HELP
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.log import altered, find, in_archive, reader_of, tell_altered
from ringfence.cli.operator_command import NOT_DONE, now_of, url_option
from ringfence.cli.output import note, print_rows, verified_of
from ringfence.cli.pager import page_options
from ringfence.cli.pauses import paused_in
from ringfence.cli.seals import seals_of
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.cli.text import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from ringfence.aws.incidents import IncidentReader, Response
    from ringfence.cli.incident_page import Page
    from ringfence.cli.seals import IncidentSeals
    from ringfence.record.timeline import Row

    Shown = Sequence[tuple[Page, Sequence[Row]]]


@click.command("show", short_help="Show an incident.", epilog=STATES_HELP)
@click.argument("incident", shell_complete=incidents)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@page_options
@url_option
@home_options(AUDIT_TABLE, CONTROL_TABLE, ARCHIVE_BUCKET)
def show_incident(  # noqa: PLR0913 - one parameter for each option
    home: Home, incident: str, *, url: str | None, as_json: bool, full: bool, no_pager: bool
) -> None:
    """Show INCIDENT on one screen: what happened, where, what was done, what is left, and what to type next.

    With --full, show every finding, risk and entry. In a pipe, each line is a label and its values between
    tabs, and nothing is left out except the entries, which --full adds.

    Ringfence's function checks the seals of the entries, because only functions have the key. If the API
    cannot be reached or denies the request, the command says that the seals are not checked.

    If an entry is not authentic, a line about it comes first, and the next command verifies the record. If
    somebody removed the incident from the lists, it is found in the archive, and standard error says so.

    Exit code 0: shown. 1: an entry is not authentic, somebody removed the incident from the lists, or the
    audit log cannot be read. 2: no such incident.
    """
    reader = reader_of(home)
    responses = find(reader, in_archive(home), incident_of(home, incident), home.place)
    shown = _read(home, reader, responses, seals_of(home, url, responses[0].incident))
    hidden = altered(reader, responses)
    if as_json:
        each = [_as_json(*one) for one in shown]
        told = {"incident": responses[0].incident, "altered": list(hidden), "responses": each}
        click.echo(json.dumps(told))
    else:
        _print(paused_in(reader, home.place), shown, full=full, pager=not no_pager)
    tell_altered(hidden)
    if hidden or any(one.tampering for one, _ in shown):
        click.get_current_context().exit(NOT_DONE)


def _print(paused: Sequence[str], shown: Shown, *, full: bool, pager: bool) -> None:
    if is_terminal():
        _show_page(paused, shown, full=full, pager=pager)
        return
    from ringfence.cli.incident_rows import entry_rows, page_rows

    note(*(f"PAUSED: {one}" for one in paused))
    for one, rows in shown:
        print_rows(page_rows(one))
        print_rows(entry_rows(rows, one.seals) if full else ())


def _read(home: Home, reader: IncidentReader, responses: Sequence[Response], seals: IncidentSeals) -> Shown:
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.cli.incident_page import Page
    from ringfence.cli.incident_reads import entries_of
    from ringfence.record.brief import Brief
    from ringfence.record.changes import changes
    from ringfence.record.summary import Summary
    from ringfence.record.timeline import timeline

    verified, now, shown = verified_of(home), now_of(), []
    for chain, entries in entries_of(reader, responses):
        summary, rows = Summary.of(entries), timeline(entries)
        done = changes(summary, rows)
        shown.append((Page(Brief(summary), done, verified, seals.of(chain), home.accounts, now), rows))
    return shown


def _as_json(one: Page, rows: Sequence[Row]) -> dict[str, object]:
    from ringfence.cli.incident_json import as_json

    return {
        **as_json(one.brief, one.verified),
        "next": one.next_command.command,
        "seals": one.seals.as_json(),
        "changes": [change.as_json() for change in one.changes],
        "entries": [row.as_json() for row in rows],
    }


def _show_page(paused: Iterable[str], shown: Shown, *, full: bool, pager: bool) -> None:
    """Print the responses. Give each change one line if they do not fit on the screen otherwise.

    If that is still too much, show only the first items of the lists: the summary is one screen.
    """
    from rich.text import Text

    from ringfence.cli.consoles import console
    from ringfence.cli.incident_views import paused as paused_lines
    from ringfence.cli.incident_views import rows_shown
    from ringfence.cli.pager import KEPT, lines_of, page, rendered

    on = console()
    top = rendered(paused_lines(paused), on)
    text = ""
    for roomy in (True, False):
        text = top
        for index, (one, rows) in enumerate(shown):
            text += rendered((Text(),), on) if index else ""
            text += rendered(one.parts(on.width, full=full, roomy=roomy), on)
            text += rendered((Text(), rows_shown(rows, one.seals)), on) if full else ""
            text += rendered(one.ending(), on, soft=True)
        if full or lines_of(text, on.width) <= on.height - KEPT:
            break
    else:
        text = top + _brief([one for one, _ in shown], on, on.height - KEPT - lines_of(top, on.width))
    page(text, pager=pager)


def _brief(pages: Sequence[Page], on: Console, height: int) -> str:
    """Return the pages on so many lines, if there are enough for what comes first and for the titles."""
    from rich.text import Text

    from ringfence.cli.pager import lines_of, rendered

    each = height // len(pages)
    shown = []
    for index, one in enumerate(pages):
        head = rendered(((Text(),) if index else ()), on) + rendered(one.head(), on)
        end = rendered(one.ending(), on, soft=True)
        room = each - lines_of(head + end, on.width)
        shown.append(head + rendered(one.brief_parts(on.width, room), on) + end)
    return "".join(shown)
