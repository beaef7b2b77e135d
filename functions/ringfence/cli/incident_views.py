"""Incidents on a terminal. All text is printed literally, never as markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ringfence.cli.text import safe, shortened
from ringfence.model.claims import Verdict
from ringfence.record.status import IncidentStatus
from ringfence.record.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from ringfence.cli.seals import Seals
    from ringfence.record.summary import Summary
    from ringfence.record.timeline import Row

PIPE_WIDTH = 200
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


Verified = Mapping[tuple[str, str], datetime]
"""When each open contained incident was last verified, by its chain and incident."""


def show(*parts: RenderableType) -> None:
    """Print to standard output. Without a terminal, use a large width."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    console.print(*parts, sep="\n")


def plain(text: str, style: str = "") -> Text:
    """Return an untrusted text, shortened and with control characters escaped."""
    return Text(safe(shortened(text)), style=style)


def paused(words: Iterable[str]) -> Sequence[RenderableType]:
    """Return what is paused, for the top of a list."""
    return [plain(f"PAUSED: {one}", BAD) for one in words]


def listed(summaries: Sequence[Summary], verified: Verified, now: datetime) -> RenderableType:
    """Return a table of responses."""
    if not summaries:
        return Text("No incidents in this period.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("opened (UTC)", "state", "subject", "finding"):
        table.add_column(title, overflow="fold")
    table.add_column("incident", no_wrap=True)  # what other commands are given can be copied
    for one in summaries:
        found = one.findings[-1].type if one.findings else "none (manual run)"
        table.add_row(
            f"{one.began:%Y-%m-%d %H:%M:%S}",
            plain(_state(one, verified, now), STYLES.get(one.state, "")),
            plain(one.subject),
            plain(found if len(one.findings) <= 1 else f"{found} and {len(one.findings) - 1} more"),
            plain(one.incident),
        )
    return table


def header(summary: Summary, verified: Verified, now: datetime, seals: Seals) -> RenderableType:
    """Return the summary of a response."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for label, text, style in _facts(summary, _state(summary, verified, now)):
        grid.add_row(label, plain(text, style))
    for lines, style in ((seals.faults, BAD), (seals.remarks, "")):
        for line in lines:
            grid.add_row("seals", plain(line, style))
    return Group(grid, Text())


def _facts(summary: Summary, state: str) -> Iterable[tuple[str, str, str]]:
    yield "incident", summary.incident, "bold"
    yield "subject", summary.subject, ""
    yield "runbook", summary.runbook, ""
    for one in summary.findings:
        yield "finding", f"{one.title} ({one.type}, severity {one.severity:g}, id {one.id})", ""
    yield "mode", f"{summary.mode}: {summary.reason}" if summary.mode else "no decision yet", ""
    if summary.verdict:
        reason = f": {summary.source_reason}" if summary.source_reason else ""
        style = "" if summary.verdict == Verdict.CONFIRMED else BAD
        yield "source", f"{summary.verdict}{reason}", style
    yield "state", state, STYLES.get(summary.state, "")
    if undone := summary.undone:
        who = undone.optional_text("who") or "no event shows by whom"
        yield "undone", f"{who} {undone.optional_text('call') or ''}".strip(), BAD
        for words in undone.texts("open"):
            yield "open now", words, BAD
    for label, field, style in (
        ("remaining", "remaining", BAD),
        ("settling", "settling", OPEN),
        ("refused", "refused", BAD),
    ):
        for words in summary.words(field):
            yield label, words, style
    for words in summary.residual_risk:
        yield "residual risk", words, OPEN


def _state(summary: Summary, verified: Verified, now: datetime) -> str:
    """Return the status, and how long ago it was last verified."""
    state, at = said(summary.runbook, summary.state), verified.get(summary.id)
    return f"{state}, verified {ago(now - at)}" if at else state


def ago(age: timedelta) -> str:
    """Return an age in its largest unit."""
    minutes = max(age, timedelta(0)) // timedelta(minutes=1)
    for unit, length in (("d", 24 * 60), ("h", 60), ("min", 1)):
        if minutes >= 2 * length or (unit == "min" and minutes):
            return f"{minutes // length} {unit} ago"
    return "just now"


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
