"""What `ringfence audit verify` says: blocks on a terminal, rows with tabs in a pipe."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from ringfence.cli.output import print_rows
from ringfence.cli.text import is_terminal, row, safe, wrapped
from ringfence.model.step import counted
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringfence.cli.seals import Seals
    from ringfence.record.integrity import ChainVerdict, Fault

_VERIFY = ("ringfence", "audit", "verify")
SOUND, ALTERED, ATTEMPTED = "sound", "ALTERED", "ATTEMPTED"
ALTERED_CODE, UNKNOWN_CODE, ATTEMPTED_CODE = 1, 3, 4


def exit_code(verdicts: Iterable[ChainVerdict]) -> int:
    """Return the exit code for these results."""
    verdicts = tuple(verdicts)
    if not all(verdict.sound for verdict in verdicts):
        return ALTERED_CODE
    return ATTEMPTED_CODE if any(verdict.remarks for verdict in verdicts) else 0


def as_json(verdict: ChainVerdict) -> dict[str, object]:
    """Return a result as JSON data."""
    return {**asdict(verdict), "sound": verdict.sound, "claim": verdict.claim}


def show(verdict: ChainVerdict, seals: Seals | None = None) -> None:
    """Print a result: on a terminal for a person, and in a pipe one row for each statement."""
    if is_terminal():
        click.echo(block(verdict, seals), nl=False)
    else:
        print_rows(rows(verdict, seals))


def result(verdict: ChainVerdict) -> str:
    """Return the result in a word: sound, ALTERED, or ATTEMPTED if somebody tried to hide something."""
    if not verdict.sound:
        return ALTERED
    return ATTEMPTED if verdict.remarks else SOUND


def statements(
    verdict: ChainVerdict, seals: Seals | None, *, together: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield what is said about a response, each with its label.

    With `together`, one statement is about all adjacent entries with the same fault.
    """
    yield result(verdict), verdict.claim
    others = verdict.faults[1:]
    runs = _runs(others) if together else ((one.seq, one.seq, one.words) for one in others)
    for first, last, words in runs:
        which = f"entries {first} to {last}" if last > first else f"entry {first}"
        yield "also", f"{which}: {words}"
    yield from (("remark", words) for words in verdict.remarks)
    if seals:
        yield from (("seals", words) for words in (*seals.faults, *seals.remarks))


def _runs(faults: Iterable[Fault]) -> Iterator[tuple[int, int, str]]:
    """Yield the first and the last number of adjacent entries with the same fault, and its words."""
    for (_, words), run in groupby(enumerate(faults), lambda pair: (pair[1].seq - pair[0], pair[1].words)):
        numbers = [one.seq for _, one in run]
        yield numbers[0], numbers[-1], words


def rows(verdict: ChainVerdict, seals: Seals | None) -> Iterator[str]:
    """Yield a row for each statement: incident, chain, label and words."""
    for label, words in statements(verdict, seals):
        yield row(verdict.incident, verdict.chain, label, words)


def block(verdict: ChainVerdict, seals: Seals | None) -> str:
    """Return the statements for a terminal, with hanging indents."""
    from rich.table import Table
    from rich.text import Text

    from ringfence.cli.breaks import Broken
    from ringfence.cli.consoles import console
    from ringfence.cli.incident_views import BAD, GOOD, OPEN, plain
    from ringfence.cli.pager import rendered

    styles = {SOUND: GOOD, ALTERED: BAD, ATTEMPTED: BAD, "remark": OPEN}
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(Text("incident", "bold"), plain(verdict.incident, "bold"))
    grid.add_row(Text("chain", "bold"), Broken(plain(verdict.chain)))
    for label, words in statements(verdict, seals, together=True):
        grid.add_row(plain(label, styles.get(label, "bold")), Broken(plain(words, styles.get(label, ""))))
    return rendered((grid,), console())


def lines(words: Iterable[str], checkpoint: str) -> str:
    """Return lines for a terminal. Keys and lines of a checkpoint are not broken: people copy them."""
    said = (line for one in words for line in wrapped(one))
    return "".join(f"{one}\n" for one in (*said, *map(safe, checkpoint.splitlines())))


def ending(purpose: str, command: str) -> str:
    """Return the next command for a terminal."""
    from ringfence.cli.consoles import console
    from ringfence.cli.layout import ending as parts
    from ringfence.cli.pager import rendered

    return rendered(parts(purpose, command), console(), soft=True)


def is_of_deployment(chain: str) -> bool:
    """Return whether a chain is a record of the deployment, such as that of pauses, and no response."""
    from ringfence.aws.audit_items import DEPLOYMENT_CHAINS

    return chain.partition("#")[0] in DEPLOYMENT_CHAINS


def chains(responses: int, records: int) -> str:
    """Return how many responses were verified, and how many records of the deployment if there are some."""
    others = f" and {counted(records, 'record')} of the deployment" if records else ""
    return f"{counted(responses, 'response')}{others}"


def next_after(verdicts: Sequence[ChainVerdict]) -> tuple[str, str]:
    """Return the next command after the verification of one incident."""
    bad = next((one for one in verdicts if not one.sound or one.remarks), None)
    if bad:
        day = f"{bad.incident[4:8]}-{bad.incident[8:10]}-{bad.incident[10:12]}"
        return "Next, to find what else was altered:", typed(*_VERIFY, "--all", "--since", day)
    (first, *_) = verdicts
    if any(one.pending for one in verdicts):
        return "Next, when the rest is archived:", typed(*_VERIFY, first.incident)
    return "Next, to read it:", typed("ringfence", "incidents", "show", first.incident)
