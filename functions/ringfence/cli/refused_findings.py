"""`ringfence findings refused`: the findings of own systems that the policy refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ringfence.cli.log import reader_of
from ringfence.cli.operator_command import now_of
from ringfence.cli.output import note, print_rows
from ringfence.cli.period import AFTER_ALL, Since, Until, check_period
from ringfence.cli.settings import AUDIT_TABLE, Home, home_options
from ringfence.cli.text import is_terminal, row, wrapped
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ringfence.record.refused_findings import RefusedFinding

NONE = "No finding was refused in this period."
DEAD_LETTERS = "ringfence dead-letters list"


@click.command("refused", short_help="List the findings that the policy refused.")
@click.option(
    "--since",
    type=Since(),
    default="30d",
    show_default=True,
    help="Show refusals since this time: 7d, 12h, 30m, or a date or time in UTC.",
)
@click.option("--until", type=Until(), help="Show refusals until this time. A date means the whole day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each refusal.")
@home_options(AUDIT_TABLE)
def refused(home: Home, *, since: datetime, until: datetime | None, as_json: bool) -> None:
    """List the findings of your own systems that the policy refused: when, who sent what, and why.

    The newest is first. The section `senders` of the policy decides who may send which findings.
    The audit log records the same refusal once a day, and at most ten a day of one sender. A finding in a
    wrong form is another case: the API answers with what is wrong, and on the bus the finding becomes a
    dead letter.

    In a pipe, each refusal is a line of columns between tabs: time, sender, way, type, id, field, value and
    reason. Messages go to standard error.

    Exit code 0: listed. 1: the audit log cannot be read. 2: bad input.
    """
    from ringfence.record.refused_findings import chain_of, refused_in

    check_period(since, until)
    first = since.replace(hour=0, minute=0, second=0, microsecond=0)  # a day's refusals have one incident
    entries = reader_of(home).since(chain_of(home.place.owner()), first)
    last = until or min(now_of() + timedelta(days=1), AFTER_ALL)
    found = [one for one in refused_in(entries) if since <= one.at <= last][::-1]
    if as_json:
        print_rows(json.dumps({**asdict(one), "at": one.at.isoformat(), "who": one.who}) for one in found)
    elif is_terminal():
        print_rows(_page(found))
    else:
        print_rows(row(*_cells(one)) for one in found)
        note(*(() if found else (NONE,)))


def _cells(one: RefusedFinding) -> tuple[str, ...]:
    at = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
    return (at, one.sender, one.way, one.type, one.finding, one.field, one.value, one.reason)


def _page(found: Sequence[RefusedFinding]) -> Iterator[str]:
    """Yield a paragraph for each refusal, how many there are, and the next command."""
    for one in found:
        yield from wrapped(f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.who}")
        yield from wrapped(f"{one.type}, finding {one.finding}", "    ")
        yield from wrapped(f"{one.field}: {one.value} {one.reason}", "    ")
        yield ""
    if found:
        yield f"{counted(len(found), 'refusal')}. Nothing was changed because of these findings."
        yield from wrapped("If one should be let in: change `senders` in the policy, check it, and deploy.")
    else:
        yield NONE
    yield ""
    yield "Next, to list findings on the bus in a wrong form:"
    yield DEAD_LETTERS
