"""The report of a call that undid a containment, if a finding repaired that before the event. Pure.

CloudTrail's events can arrive minutes after a call. A finding that arrives earlier contains the resource
again. A person must learn all the same who undid the containment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.model.runbook import unique
from ringfence.record.facts import ContainmentBroken, Intended, Result, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.events.cloudtrail.parser.undoing import Undoing
    from ringfence.model.remediation import Remediation
    from ringfence.record.history import History

_NEVER = datetime.min.replace(tzinfo=UTC)
REASON = "a finding reported it before the call was heard, and Ringfence has contained the resource again"


def repaired(history: History, judged: Iterable[Remediation], cause: Undoing) -> ContainmentBroken | None:
    """Return the report of a call whose effect was removed before it was heard.

    None if nothing was done again since the call, if the resource was not contained before it, or if a report
    after the call exists.
    """
    before = [fact for entry, fact in history.facts if entry.at < cause.at]
    if any(isinstance(fact, ContainmentBroken) for _, fact in history.facts[len(before) :]):
        return None
    states = (fact for fact in reversed(before) if isinstance(fact, ContainmentBroken | Verified))
    state = next(states, None)
    if not isinstance(state, Verified) or not state.contained:
        return None
    kinds = {kind for one in judged for kind in one.steps}
    earlier = {(type(one.step), one.step.target) for one in before if isinstance(one, Intended)}
    again = (one.step for one in _applied(history, len(before)) if type(one.step) in kinds)
    words = unique(
        step.describe()
        for step in again
        if (type(step), step.target) in earlier or not cause.names.isdisjoint(step.target.split("/"))
    )
    if not words:
        return None
    return ContainmentBroken(
        words, cause.who, cause.call, cause.address, cause.at, cause.event, answered=True, reason=REASON
    )


def untold(history: History) -> tuple[datetime, datetime] | None:
    """Return after what time, and until when, the effect of a call can have been removed without a report.

    That is from the last report to the last change. None if no change followed the report.
    """
    reports = [entry.at for entry, fact in history.facts if isinstance(fact, ContainmentBroken)]
    since, until = max(reports, default=_NEVER), max(history.tried_at(), default=_NEVER)
    return (since, until) if since < until else None


def _applied(history: History, first: int) -> Iterable[Intended]:
    """Yield what was applied from an entry on."""
    made = {id_ for id_, one in history.outcomes.items() if one.result == Result.APPLIED}
    for _, fact in history.facts[first:]:
        if isinstance(fact, Intended) and fact.intent in made:
            yield fact
