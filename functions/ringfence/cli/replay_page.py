"""The result of a replay as one page of HTML, without scripts and without further files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ringfence.cli.pages import rendered
from ringfence.cli.replay_views import NOT_KNOWN_HERE, held_words
from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.policy.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.replay_tally import BoundedCounter, Tally

COLOURS = {
    Mode.AUTO: ("#b3261e", "#ff8a80"),
    Mode.AUTO_UNLESS_VETOED: ("#a8500b", "#ffb174"),
    Mode.APPROVE: ("#7a4fb5", "#c9a9f5"),
    Mode.DRY_RUN: ("#1f66b0", "#7fb8f5"),
    Mode.NOTIFY: ("#2d7a54", "#77cfa2"),
    Mode.OFF: ("#6b727c", "#9aa3af"),
}
"""The colours of the modes on a light and on a dark page."""
MOST_ROWS, MOST_DAYS, MOST_BREAKERS = 15, 120, 100
_WHOLE = 100


@frozen
class ShownMode:
    """A mode and its colours."""

    mode: Mode
    name: str
    light: str
    dark: str


@frozen
class Part:
    """A part of a bar: a mode, and its share in percent."""

    name: str
    share: float


@frozen
class Day:
    """The bar of one or several days."""

    title: str
    parts: tuple[Part, ...]


@frozen
class Row:
    """A row of a table."""

    key: str
    counts: tuple[int, ...]
    parts: tuple[Part, ...]


@frozen
class Table:
    """A table of counts by mode. `left` is the number of rows that are not shown."""

    title: str
    column: str
    modes: tuple[str, ...]
    rows: tuple[Row, ...]
    left: int


def page(tally: Tally, policy: str, other: str = "") -> str:
    """Return the page.

    Parameters
    ----------
    tally : Tally
        The counts.
    policy, other : str
        The names of the policy, and of the one that it is compared with. Empty: of none.

    Returns
    -------
    str
        HTML. Every text from an event is escaped.
    """
    days = _days(tally.days)
    return rendered(
        "replay.html",
        tally=tally,
        events=counted(tally.events, "event"),
        decisions=counted(tally.decisions, "decision"),
        invalid=counted(tally.invalid, "document"),
        policy=policy,
        other=other,
        first=tally.first[:10],
        last=tally.last[:10],
        note=NOT_KNOWN_HERE,
        modes=[ShownMode(mode, mode.value, *COLOURS[mode]) for mode in reversed(Mode)],
        days=days,
        days_text=_days_text(tally.days),
        tables=[table for table in _tables(tally) if table.rows],
        changes=tally.difference.changes.most_common(),
        limits=held_words(tally.limited) if tally.limited.counted else "",
        breakers=tally.limited.breakers[:MOST_BREAKERS],
        more_breakers=tally.limited.opened - min(MOST_BREAKERS, len(tally.limited.breakers)),
    )


def _tables(tally: Tally) -> Iterator[Table]:
    yield _table("Decisions by runbook", "Runbook", tally.runbooks)
    yield _table("Decisions by account", "Account", tally.accounts)
    yield _table("Decisions by rule", "Rule", tally.by_rule)
    yield _table("Decisions by type of finding", "Finding", tally.types)
    yield _table("Resources with the most decisions", "Resource", tally.resources)


def _table(title: str, column: str, counter: BoundedCounter) -> Table:
    rows = counter.top(MOST_ROWS)
    modes = tuple(mode for mode in reversed(Mode) if any(found[mode] for _, found in rows))
    highest = max((found.total() for _, found in rows), default=1)
    return Table(
        title,
        column,
        tuple(mode.value for mode in modes),
        tuple(Row(key, tuple(found[one] for one in modes), _parts(found, highest)) for key, found in rows),
        len(counter.counts) - len(rows),
    )


def _parts(found: Counter[Mode], whole: int) -> tuple[Part, ...]:
    shown = (mode for mode in reversed(Mode) if found[mode])
    return tuple(Part(mode.value, round(_WHOLE * found[mode] / whole, 2)) for mode in shown)


def _days(counter: BoundedCounter) -> tuple[Day, ...]:
    """Return a bar for each day, or for as many days together that the page has room."""
    days = sorted(counter.counts)
    each = -(-len(days) // MOST_DAYS)
    groups = [days[start : start + each] for start in range(0, len(days), max(each, 1))]
    summed = [sum((counter.counts[day] for day in group), Counter()) for group in groups]
    highest = max((one.total() for one in summed), default=1)
    return tuple(
        Day(_title(group, found), _parts(found, highest)) for group, found in zip(groups, summed, strict=True)
    )


def _title(days: list[str], found: Counter[Mode]) -> str:
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{when}: {', '.join(f'{mode.value} {count}' for mode, count in found.most_common())}"


def _days_text(counter: BoundedCounter) -> str:
    if not counter.counts:
        return ""
    day, found = counter.top(1)[0]
    days = counted(len(counter.counts), "day")
    return f"{days} with decisions. The day with the most is {day}, with {found.total():,}."
