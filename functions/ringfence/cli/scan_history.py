"""`ringfence scans`: the scores of scheduled scans."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, cast

import click

from ringfence.cli.output import note, print_rows
from ringfence.cli.period import Since
from ringfence.cli.settings import CONTROL_TABLE, Home, home_options
from ringfence.cli.text import is_terminal, row, wrapped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.record.scans import ScanSummary

COLUMNS = ("scan (UTC)", "score", "failed", "not assessed", "places", "handed over")
FOLDED = frozenset({0, 5})
"""The columns that can be broken on a narrow terminal: times, and a title."""
NONE = "No scheduled scan has ended. The context value `scheduled_scans` switches them on."
NONE_SINCE = "No scheduled scan began since then."
SHOWN = 20


@click.group(short_help="List the scores of scheduled scans.")
def scans() -> None:
    """List the scores of scheduled scans."""


@scans.command("list", short_help="List the scores of the last scans.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help=f"At most this number of scans, the newest ones. Default: {SHOWN}, or all with --since.",
)
@click.option(
    "--since",
    type=Since(),
    help="Scans that began since this time: 7d, 12h, 30m, or a date or time in UTC.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each scan.")
@home_options(CONTROL_TABLE)
def list_(home: Home, *, last: int | None, since: datetime | None, as_json: bool) -> None:
    """List the scores of the last scheduled scans, the newest first.

    Places are the accounts and regions of a scan. The number of those in which something was not looked at
    is in parentheses. The score says nothing about them. The bucket of the scans has the results.

    In a pipe, each scan is a line of columns between tabs: the time at which it began, its score, the results
    that passed, failed and were not assessed, resources, places, places in which something was not looked at,
    and resources that were handed over. Messages go to standard error.

    Exit code 0: listed. 1: the table cannot be read. 2: bad input.
    """
    every = scans_of(home)
    shown = [one for one in every if since is None or datetime.fromisoformat(one.scan) >= since]
    most = last or (SHOWN if since is None else len(shown))
    found, none = tuple(shown[::-1][:most]), NONE_SINCE if every else NONE
    if as_json:
        print_rows(json.dumps(one.value) for one in found)
    elif is_terminal():
        _show(found, none)
    else:
        print_rows(row(*_cells(one), one.incomplete, one.handed_over) for one in found)
        note(*(() if found else (none,)))


def scans_of(home: Home) -> tuple[ScanSummary, ...]:
    """Return the scheduled scans that the deployment remembers, the oldest first. Raises Retryable."""
    from ringfence.aws.scan_items import ScanItems

    client = cast("DynamoDBClient", home.place.client("dynamodb"))
    return ScanItems(client, home.control_table).history().scans


def _show(found: tuple[ScanSummary, ...], none: str) -> None:
    from ringfence.cli.incident_views import show, show_sheet
    from ringfence.cli.layout import ending
    from ringfence.cli.sheets import Sheet

    if not found:
        print_rows(wrapped(none))
        return
    lines = []
    for one in found:
        at, score, _, failed, not_assessed, _, places = map(str, _cells(one))
        where = f"{places} ({one.incomplete})" if one.incomplete else places
        when = at[:16].replace("T", " ")
        lines.append((when, score, failed, not_assessed, where, str(one.handed_over)))
    show_sheet(Sheet(COLUMNS, lines, right=frozenset(range(1, len(COLUMNS))), folded=FOLDED))
    show(*ending("To see what fails now:", "ringfence scan --live"))


def _cells(one: ScanSummary) -> tuple[object, ...]:
    score = "none" if one.score is None else f"{one.score:.1f}"
    return (one.scan, score, *one.numbers, one.resources, one.places)
