"""`ringfence incidents watch`: follow incidents until they are over, or until Ctrl-C."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ringfence.cli.completion import incidents
from ringfence.cli.incident_filters import STATES_HELP, Filters, filter_options
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.incident_reads import entries_of, found
from ringfence.cli.incident_rows import row_of
from ringfence.cli.log import find, in_archive, reader_of
from ringfence.cli.operator_command import environment, now_of
from ringfence.cli.output import note, print_rows, verified_of
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.cli.text import is_terminal
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.record.brief import Brief
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.live import Live

    from ringfence.aws.incidents import IncidentReader

MOST = 50
_PERIOD = timedelta(days=7)


@click.command("watch", short_help="Follow incidents until Ctrl-C.", epilog=STATES_HELP)
@click.argument("incident", required=False, shell_complete=incidents)
@filter_options
@click.option(
    "--every", type=click.IntRange(1, 3600), default=5, show_default=True, help="Seconds between two reads."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each change.")
@home_options(AUDIT_TABLE, CONTROL_TABLE, ARCHIVE_BUCKET)
def watch(home: Home, filters: Filters, incident: str | None, *, every: int, as_json: bool) -> None:
    """Follow INCIDENT until nothing is left to do, or all incidents of the last week until Ctrl-C.

    On a terminal, the list is drawn again after each read. In a pipe, each change of a state is a line, with
    the columns of `incidents list`.

    Exit code 0: nothing is left to do, or stopped with Ctrl-C. 1: the audit log cannot be read. 2: bad input.
    """
    env, watching = environment(), _Watch(home, reader_of(home), filters)
    watching.incident = incident_of(home, incident) if incident else ""
    try:
        with _screen(live=is_terminal() and not as_json) as live:
            while True:
                briefs = watching.read(now_of())
                watching.show(briefs, live, as_json=as_json)
                if watching.incident and briefs and not any(one.open for one in briefs):
                    break
                env.sleep(every)
    except KeyboardInterrupt:
        note("Stopped watching.")
    if is_terminal() and not as_json and watching.shown:
        watching.leave()


@contextmanager
def _screen(*, live: bool) -> Iterator[Live | None]:
    """Draw on the terminal until the end. None without a terminal."""
    if not live:
        yield None
        return
    from rich.live import Live

    from ringfence.cli.consoles import console

    with Live(console=console(), auto_refresh=False, screen=True, vertical_overflow="ellipsis") as drawn:
        yield drawn


@dataclass
class _Watch:
    """What is watched, and what was shown of it."""

    home: Home
    reader: IncidentReader
    filters: Filters
    incident: str = ""
    shown: Sequence[Brief] = ()
    states: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, now: datetime) -> Sequence[Brief]:
        """Read the responses. What fails for a while is read again."""
        try:
            if not self.incident:
                period = (now - _PERIOD, now + timedelta(days=1))
                return found(self.reader, self.filters, period, MOST).briefs
            read = entries_of(
                self.reader, find(self.reader, in_archive(self.home), self.incident, self.home.place)
            )
            return [Brief(Summary.of(entries)) for _, entries in read]
        except AccessDenied:
            raise
        except Retryable as error:
            note(f"retrying: {error}")
            return self.shown

    def leave(self) -> None:
        """Leave the last list and the next command on the terminal."""
        from ringfence.cli.consoles import console
        from ringfence.cli.incident_list import listed, next_for
        from ringfence.cli.layout import ending
        from ringfence.cli.pager import page, rendered

        on = console()
        lines = listed(self.shown, verified_of(self.home), self.home.accounts, now_of(), on.width)
        page(rendered(lines, on) + rendered(ending(*next_for(self.shown)), on, soft=True), pager=False)

    def show(self, briefs: Sequence[Brief], live: Live | None, *, as_json: bool) -> None:
        """Draw the list, or print what has changed."""
        self.shown = briefs
        verified = verified_of(self.home)
        if live:
            from rich.console import Group

            from ringfence.cli.incident_list import listed

            lines = listed(briefs, verified, self.home.accounts, now_of(), live.console.width)
            live.update(Group(*lines) if briefs else self.filters.none_found, refresh=True)
            return
        changed = [one for one in briefs if self.states.get(one.now.id) != one.status.value]
        self.states |= {one.now.id: one.status.value for one in changed}
        if as_json:
            from ringfence.cli.incident_json import as_json as in_json

            print_rows(json.dumps(in_json(one, verified)) for one in reversed(changed))
        else:
            print_rows(row_of(one, verified) for one in reversed(changed))
