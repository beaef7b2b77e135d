"""The milestones of a response, from its audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.facts import Intended, Outcome, Verified
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.record.timeline import Row


def milestones(
    rows: Sequence[Row], sent: datetime, archived: datetime, runbook: Runbook = CONTAIN_INSTANCE
) -> tuple[tuple[str, float], ...]:
    """Return the milestones in the order of time, each with its time in seconds."""
    reached = [*_reached(rows, runbook), ("Every entry archived and verified", archived)]
    in_time = sorted(reached, key=lambda one: one[1])
    return tuple((words, (at - sent).total_seconds()) for words, at in in_time)


def _reached(rows: Sequence[Row], runbook: Runbook) -> Iterator[tuple[str, datetime]]:
    if rows:
        yield "Finding, decision and intents recorded", rows[0].at
    first, *later = runbook.stages
    verdicts = [(row.at, fact) for row in rows if isinstance(fact := row.entry.fact, Verified)]
    done = (at for at, one in verdicts if one.contained or not (one.remaining or one.settling or one.review))
    yield from _first(f"{first.title}: verified", done)
    ends = _ends(rows)
    for stage in later:
        if stage.id in ends:
            yield stage.title, ends[stage.id]
    yield from _first("All stages complete: verified", (at for at, one in verdicts if one.complete))
    reviewed = (at for at, one in verdicts if one.review and not one.remaining and not one.settling)
    yield from _first("All stages complete except the review by a person", reviewed)


def _first(words: str, instants: Iterable[datetime]) -> Iterator[tuple[str, datetime]]:
    for at in instants:
        yield words, at
        return


def _ends(rows: Iterable[Row]) -> dict[str, datetime]:
    """Return when the last outcome of each stage was recorded."""
    stages: dict[str, str] = {}
    ends: dict[str, datetime] = {}
    for row in rows:
        match row.entry.fact:
            case Intended(intent=intent, stage=stage):
                stages[intent] = stage
            case Outcome(intent=intent) if intent in stages:
                ends[stages[intent]] = row.at
    return ends
