"""`ringfence incidents export`: every entry of some incidents, in a form for other systems."""

from __future__ import annotations

import json
import sys
from datetime import UTC, timedelta
from itertools import chain
from typing import TYPE_CHECKING

import click

from ringfence.cli.change_rows import COLUMNS as CHANGE_COLUMNS
from ringfence.cli.change_rows import change_rows
from ringfence.cli.choices import OneOf
from ringfence.cli.completion import incidents
from ringfence.cli.decision_rows import COLUMNS as DECISION_COLUMNS
from ringfence.cli.decision_rows import decision_rows
from ringfence.cli.export_rows import RESPONSE_COLUMNS, csv_row, response_row
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.incident_reads import opened_in, read_each
from ringfence.cli.log import find, in_archive, reader_of
from ringfence.cli.operator_command import NOT_DONE, now_of
from ringfence.cli.output import note
from ringfence.cli.period import Since, Until, check_period, given_options
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, Home, home_options
from ringfence.model.errors import BadInput
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from ringfence.record.chain import Entry

    Entries = tuple[Entry, ...]

HTML = "html"


@click.command("export", short_help="Export incidents as OCSF, JSON Lines, CSV or a page of HTML.")
@click.argument("names", metavar="[INCIDENT]...", nargs=-1, shell_complete=incidents)
@click.option(
    "--format",
    "form",
    type=OneOf("ocsf", "jsonl", "csv", "changes", "decisions", HTML),
    default="jsonl",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--since",
    type=Since(),
    default="30d",
    show_default=True,
    help="Export incidents that were opened since this time: 7d, 12h, 30m, or a date or time in UTC.",
)
@click.option(
    "--until",
    type=Until(),
    help="Export incidents that were opened until this time. A date means the whole day.",
)
@home_options(AUDIT_TABLE, ARCHIVE_BUCKET)
def export(home: Home, names: tuple[str, ...], *, form: str, since: datetime, until: datetime | None) -> None:
    """Print whole incidents for other systems, one after the other.

    With INCIDENT, print only these incidents. Otherwise, print all that were opened in the period, the newest
    first. Their number has no limit. If the audit log cannot be read to the end, the output is not complete,
    and the exit code is 1.

    Formats: `ocsf` prints Remediation Activities and Detection Findings of OCSF 1.6.0, one JSON object per
    line. `jsonl` prints the entries of the audit log, one per line. `csv` prints one row per response, with
    who decided and why. `changes` prints one row of CSV per change: when, which resource, from which value to
    which, with which result, who made it, and who decided under which policy. `decisions` prints one row of
    CSV per decision, request, approval and answer, with the person, the reason and the SHA-256 of the policy
    file. `html` prints a page with the responses, their changes and the decisions, without scripts, which
    says whether the chains of entries are intact.
    `ringfence audit export` writes a signed bundle.

    Exit code 0: everything was printed. 1: the audit log cannot be read, or the page says that a chain is not
    intact. 2: bad input.
    """
    check_period(since, until)
    if names and given_options("since", "until"):
        raise BadInput("--since", "cannot be used with incidents that are named: they are exported whole")
    reader, end = reader_of(home), until or now_of() + timedelta(days=1)
    each = (
        find(reader, in_archive(home), incident_of(home, one), home.place) for one in dict.fromkeys(names)
    )
    asked = chain.from_iterable(each) if names else opened_in(reader, since, end)
    if form == HTML:
        _print_page(read_each(reader, asked), names, since, until)
        return
    responses = lines = 0
    if columns := _columns(form):
        click.echo(csv_row(columns))
    for entries in read_each(reader, asked):
        responses += 1
        for line in _FORMATS[form](entries):
            lines += 1
            click.echo(line)
    sys.stdout.flush()
    note(f"Exported {_count(responses, 'response')}: {_count(lines, 'line')}.")


def _count(number: int, of: str) -> str:
    return counted(number, of)


def _print_page(
    each: Iterable[Entries], names: tuple[str, ...], since: datetime, until: datetime | None
) -> None:
    """Print the page. Its size is that of the tables, not of the entries."""
    from ringfence.cli.bundle_page import BundlePage
    from ringfence.record.brief import Brief
    from ringfence.record.chain import ChainKey
    from ringfence.record.integrity import verify
    from ringfence.record.summary import Summary

    page, faults = BundlePage(), []
    for entries in each:
        page.add_response(response_row(entries), entries)
        page.add_decisions(decision_rows(entries))
        now = Brief(Summary.of(entries)).now
        verdict = verify(ChainKey(now.runbook, now.subject), now.incident, entries)
        if not verdict.sound:
            faults.append(f"{now.incident} {now.runbook}: {verdict.claim}")
    click.echo(page.text(_scope(names, since, until), faults), nl=False)
    note(f"Exported {_count(len(page.responses), 'response')}.")
    if faults:
        click.get_current_context().exit(NOT_DONE)


def _scope(names: tuple[str, ...], since: datetime, until: datetime | None) -> str:
    if names:
        return f"the incidents {', '.join(dict.fromkeys(names))}"
    begin = since.astimezone(UTC)
    end = f"{until.astimezone(UTC):%Y-%m-%d %H:%M}" if until else f"{now_of():%Y-%m-%d %H:%M}"
    return f"the incidents that were opened from {begin:%Y-%m-%d %H:%M} to {end}"


def _ocsf(entries: Entries) -> Iterator[str]:
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.record.ocsf import all_events
    from ringfence.runbooks.countermeasures import technique_ids

    return (json.dumps(one) for one in all_events(entries, technique_ids))


def _jsonl(entries: Entries) -> Iterator[str]:
    from ringfence.record.summary import line

    for one in map(line, entries):
        yield json.dumps({**one.body.value, "hash": one.entry.hash, "mac": one.entry.mac})


def _csv(entries: Entries) -> Iterator[str]:
    yield csv_row(response_row(entries))


def _decisions(entries: Entries) -> Iterator[str]:
    return map(csv_row, decision_rows(entries))


def _changes(entries: Entries) -> Iterator[str]:
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported

    return map(csv_row, change_rows(entries))


def _columns(form: str) -> tuple[str, ...]:
    """Return the names of the columns. Empty for a form without columns."""
    columns = {"csv": RESPONSE_COLUMNS, "changes": CHANGE_COLUMNS, "decisions": DECISION_COLUMNS}
    return columns.get(form, ())


_FORMATS: Mapping[str, Callable[[Entries], Iterator[str]]] = {
    "ocsf": _ocsf,
    "jsonl": _jsonl,
    "csv": _csv,
    "changes": _changes,
    "decisions": _decisions,
}
