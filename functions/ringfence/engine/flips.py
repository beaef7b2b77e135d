"""Fixes that somebody undoes again and again: how often, who did it, and when the next fix follows. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.results import RECHECK_AFTER
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.runbook import unique
from ringfence.record.facts import (
    RELEASE,
    FindingReceived,
    Intended,
    Outcome,
    RemediationUndone,
    Result,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.prospect import Prospect
    from ringfence.engine.requests import ResponseRequest
    from ringfence.record.history import History

WITHIN = timedelta(hours=1)
"""The time in which fixes of the same value count."""
LONGEST = timedelta(days=1)
"""How long such findings join one incident. Each one reads its whole chain."""
AT_ONCE = 2
"""The number of fixes within that time that do not wait."""


def targets(prospect: Prospect) -> frozenset[str]:
    """Return what the first stage would change."""
    steps = prospect.first.steps if prospect.first else ()
    return frozenset(step.target for step in steps if not isinstance(step, LogOnlyStep))


def joins(history: History, wanted: frozenset[str], now: datetime) -> bool:
    """Return whether a finding belongs to the ended incident, because somebody undid its fix."""
    recent = bool(history.entries) and now < history.entries[0].at + LONGEST
    return recent and history.closed_at is None and bool(fixes(history, wanted, now))


def fixes(history: History, wanted: frozenset[str], now: datetime) -> dict[str, int]:
    """Count how often each of these values was fixed and verified within the time, if it was."""
    intents = {one.intent: one for one in history.of(Intended) if one.stage != RELEASE}
    counts, applied = dict[str, int](), set[str]()
    for entry, fact in history.facts:
        if isinstance(fact, Outcome) and fact.result == Result.APPLIED and fact.intent in intents:
            applied.add(intents[fact.intent].step.target)
        elif isinstance(fact, Verified) and not fact.remaining:
            for target in applied & wanted if now < entry.at + WITHIN else ():
                counts[target] = counts.get(target, 0) + 1
            applied.clear()
    return counts


def report(
    request: ResponseRequest, history: History, wanted: frozenset[str], now: datetime
) -> RemediationUndone | None:
    """Return the fact that a fix was undone. None if it was not, or if the next fix already has a time.

    The next fix waits only if every value was undone that often. Otherwise an intruder who flips one value
    would keep another one from being fixed.
    """
    if request.finding is None or history.knows(request.finding) or waiting(history, wanted, now):
        return None
    if not (before := fixes(history, wanted, now)):
        return None
    return RemediationUndone(
        times=max(before.values()),
        who=unique(_suspects(request.finding, history, now)),
        targets=tuple(sorted(before)),
        remediations=request.runbook.ids,
        until=now + RECHECK_AFTER if all(before.get(one, 0) >= AT_ONCE for one in wanted) else None,
    )


def waiting(history: History, wanted: frozenset[str], now: datetime) -> RemediationUndone | None:
    """Return the report that sets the time of the next fix of all these values, if it is to come."""
    for one in reversed(history.of(RemediationUndone)):
        if one.until is not None and now < one.until and wanted <= frozenset(one.targets):
            return one
    return None


def _suspects(received: FindingReceived, history: History, now: datetime) -> Iterator[str]:
    """Yield who made the calls that findings of this time reported."""
    yield from received.finding.suspects
    for entry, fact in history.facts:
        if isinstance(fact, FindingReceived) and now < entry.at + WITHIN:
            yield from fact.finding.suspects
