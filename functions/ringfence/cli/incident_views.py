"""Texts, styles and timelines on a terminal. All text is printed literally, never as markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ringfence.cli.consoles import console
from ringfence.cli.text import is_terminal, safe, shortened
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from ringfence.cli.seals import Seals
    from ringfence.cli.sheets import Sheet
    from ringfence.record.timeline import Row

GOOD, BAD, OPEN = "green", "bold red", "yellow"
STYLES = {
    IncidentStatus.COMPLETE.words: GOOD,
    IncidentStatus.CONTAINED.words: GOOD,
    "applied": GOOD,
    IncidentStatus.RELEASED.words: GOOD,
    IncidentStatus.OPEN.words: BAD,
    "failed": BAD,
    "denied": BAD,
    "refused": BAD,
    "drifted": OPEN,
    "skipped": OPEN,
    IncidentStatus.SETTLING.words: OPEN,
    IncidentStatus.FOR_REVIEW.words: OPEN,
    "not-applied": OPEN,
}
SEVERITY_STYLES = {"critical": BAD, "high": BAD, "medium": OPEN, "low": ""}

Verified = Mapping[tuple[str, str], datetime]
"""When each open contained incident was last verified, by its chain and incident."""


def show(*parts: RenderableType) -> None:
    """Print to standard output. A line that must not be wrapped, such as a command, is not cut either."""
    console().print(*parts, sep="\n", crop=False)


def show_sheet(sheet: Sheet, *, titles: bool = True) -> None:
    """Print a table to standard output. `titles`: in a pipe with the titles of the columns."""
    if is_terminal():
        show(sheet.drawn())
        return
    for line in sheet.lines(titles=titles):
        click.echo(line)


def plain(text: str, style: str = "") -> Text:
    """Return an untrusted text, shortened and with control characters escaped."""
    return Text(safe(shortened(text)), style=style)


def paused(words: Iterable[str]) -> Sequence[RenderableType]:
    """Return what is paused, for the top of a list."""
    return [plain(f"PAUSED: {one}", BAD) for one in words]


def rows_shown(rows: Sequence[Row], seals: Seals) -> RenderableType:
    """Return the timeline. A line names the actor each time it changes."""
    marks = _marks(seals)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style="dim")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    actor, day = "", ""
    for row in rows:
        if (row.actor, f"{row.at:%Y-%m-%d}") != (actor, day):
            actor, day = row.actor, f"{row.at:%Y-%m-%d}"
            grid.add_row("", "", plain(f"{day} UTC, by {actor or 'unknown'}", "bold"))
        grid.add_row(str(row.entry.seq), _time(row.at), Group(*marks.get(row.entry.seq, ()), *_lines(row)))
    return Group(grid, Text())


def _marks(seals: Seals) -> dict[int, tuple[Text, ...]]:
    """Return what the seals say about single entries, by number."""
    unsealed = dict.fromkeys(seals.unsealed, (Text("not sealed", style=OPEN),))
    return {**unsealed, **dict.fromkeys(seals.forged, (Text("NOT AUTHENTIC", style=BAD),))}


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"


def _lines(row: Row) -> Iterable[Text]:
    told = row.rendered
    yield plain(told.words, STYLES.get(told.result, ""))
    if told.before or told.after:
        yield plain(f"  {told.before} → {told.after}")
    for note in told.notes:
        yield plain(f"  {note}", "dim")
    if told.requests:
        yield plain(f"  request {', '.join(told.requests)}", "dim")
