"""Phase 6, verify: the result of the second read, and what is recorded of it. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.continuations import is_covered, started
from ringfence.engine.holding import held_back
from ringfence.engine.outcomes import ended
from ringfence.engine.retries import due_at
from ringfence.engine.unconfirmed import refutation
from ringfence.engine.verification import Conclusion, Verification
from ringfence.engine.visibility import carried, unsettled
from ringfence.model.errors import NotFound
from ringfence.model.frozen import replace
from ringfence.model.runbook import unique
from ringfence.record.containments import is_contained
from ringfence.record.facts import (
    Closed,
    ContinuationStarted,
    Intended,
    Missed,
    Outcome,
    Result,
    SubjectGone,
    Verified,
)
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.prospect import Prospect
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.verification import SecondLook
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Stage
    from ringfence.record.facts import Fact

WAIT_FOR_OTHERS = timedelta(hours=1)
"""How long after the last change the work of AWS services is waited for."""
SURE = timedelta(seconds=3)
"""The minimum time between two reads that do not find a subject. A message returns after five seconds."""


def verify(
    request: ResponseRequest, prospect: Prospect, execution: Execution, look: SecondLook
) -> Conclusion:
    """Plan again from the last read. Planned steps may no longer remain."""
    if isinstance(look.resource, NotFound):
        return _missing(request, prospect, execution, look.resource.reason, look)
    unsettled = _unsettled(prospect, execution, look.at)
    due = min(filter(None, (look.due, *unsettled.values())), default=None)
    found = _verification(
        request, prospect, execution, with_unsettled(look, request, unsettled), look.resource
    )
    verified = replace(found.verified, unsettled=tuple(sorted(unsettled)))
    news = (verified,) if _is_news(verified, execution, request) else ()
    silent = not news and prospect.start.repeats(request)
    covered = not found.whole and is_covered(started(request), execution.history, look.at)
    again = () if covered and not _is_due(found, execution, look.at) else found.again
    return Conclusion(
        status=_status(verified),
        reason=_reason(verified, found.again),
        facts=() if silent else (*_worth_recording(execution, found), *news),
        verified=verified,
        again=again,
        continues=not covered and _continues(request, execution, found),
        waits=found.whole and (look.asks or found.only_waits or _lags(found.stages, execution)),
        within=due - look.at if due else None,
    )


def _continues(request: ResponseRequest, execution: Execution, found: Verification) -> bool:
    """Return whether later stages begin now. In a compliance runbook they wait while a retry can succeed."""
    if refutation(execution.history, execution.pending):
        return False
    hopeless = execution.ended(Result.REFUSED, Result.DENIED, Result.SKIPPED)
    return not found.whole and (request.runbook.evidence_follows or found.is_stuck(hopeless))


def _is_due(found: Verification, execution: Execution, now: datetime) -> bool:
    """Return whether a retry of the first stage can find out or change anything now.

    If not, it is left to the continuation, which also waits.
    """
    steps = found.remaining[found.stages[0].id]
    return len(steps) < len(found.again) or bool(due_at(execution, steps, now))


def _worth_recording(execution: Execution, found: Verification) -> tuple[Fact, ...]:
    """Leave out the start of a continuation that found nothing left to retry."""
    done = found.whole and not found.again
    return tuple(one for one in execution.pending if not (done and isinstance(one, ContinuationStarted)))


def _missing(
    request: ResponseRequest, prospect: Prospect, execution: Execution, reason: str, look: SecondLook
) -> Conclusion:
    """Close the incident if a second read does not find the subject either.

    One response can be wrong, or too early for a new resource, and must not end an incident. Neither does the
    end of the subject if changes still matter without it: they are watched, and a person is notified once.
    """
    history, since = execution.history, execution.history.missed_at
    if since and look.at >= since + SURE:
        unknown = ended(history, execution.pending, reason)
        if look.left:
            told = () if history.of(SubjectGone) else (SubjectGone(reason, look.left),)
            status = IncidentStatus.CONTAINED if is_contained(history) else IncidentStatus.OPEN
            return Conclusion(status, reason, (*execution.pending, *unknown, *told))
        return Conclusion(IncidentStatus.CLOSED, reason, (*execution.pending, *unknown, Closed(reason)))
    missed = () if since else (Missed(reason),)
    words = f"{reason}; Ringfence will read again"
    shown = request.request and not prospect.start.decision.mode.changes
    return Conclusion(
        IncidentStatus.OPEN, words, (*execution.pending, *missed), again=() if shown else (words,)
    )


def _verification(
    request: ResponseRequest,
    prospect: Prospect,
    execution: Execution,
    look: SecondLook,
    resource: ResourceState,
) -> Verification:
    incident, stages = prospect.incident(execution.history, execution.pending), request.running
    others = tuple(words for stage in stages for words in stage.pending(resource, incident))
    patient = look.at < _last_change(prospect, execution) + WAIT_FOR_OTHERS
    return Verification(
        runbook=request.runbook,
        stages=stages,
        seen=resource,
        incident=incident,
        remaining={
            one.id: execution.allowed(one.plan(resource, incident), containing=request.contains(one))
            for one in stages
        },
        unclear=look.unclear,
        secondary=unique(words for found in look.secondary.values() for words in found),
        refused=tuple(execution.ended(Result.REFUSED).values()),
        held=held_back(request, execution.history),
        waiting=others if patient else (),
        overdue=() if patient else others,
    )


def _unsettled(prospect: Prospect, execution: Execution, now: datetime) -> Mapping[str, datetime]:
    """Return the targets that were released a moment ago, and until when a read may show the state before."""
    start, history = prospect.start, execution.history
    earlier = start.earlier if start.is_new else history
    released = unsettled(earlier, history, execution.pending, now)
    return {**carried(history, execution.pending, now), **released}


def with_unsettled(look: SecondLook, request: ResponseRequest, targets: Collection[str]) -> SecondLook:
    """Add to what is unknown of the first stage what was released a moment ago."""
    first = request.running[0].id
    words = tuple(
        f"{target} was released a moment ago, and a read may still show its earlier state"
        for target in sorted(targets)
    )
    return replace(look, unclear={**look.unclear, first: (*look.unclear.get(first, ()), *words)})


def _last_change(prospect: Prospect, execution: Execution) -> datetime:
    changed = [entry.at for entry, fact in execution.history.facts if isinstance(fact, Intended)]
    return changed[-1] if changed else prospect.start.opened_at


def _lags(stages: tuple[Stage, ...], execution: Execution) -> bool:
    """Return whether a late record was read, for the first complete read."""
    lagging = any(one.lags for stage in stages for one in stage.observations)
    return lagging and not any(one.whole for one in execution.history.of(Verified))


def _is_news(verified: Verified, execution: Execution, request: ResponseRequest) -> bool:
    """Return whether the verification is news. An update of a finding need not repeat it.

    A read of containment alone does not replace a complete read.
    """
    last = execution.history.verified
    acted = request.request or any(isinstance(one, Outcome) for one in execution.pending)
    same = verified == last or (not verified.whole and last and last.contained and not _contradicts(verified))
    told = execution.history.missed_at is not None or execution.history.broken is not None
    return bool(acted) or told or not same


def _contradicts(verified: Verified) -> bool:
    """Return whether a read of containment alone shows that something is not contained."""
    shows = verified.remaining or verified.settling or verified.review or verified.open_access
    return not verified.contained and (verified.judged or bool(shows))


def _status(verified: Verified) -> IncidentStatus:
    if verified.complete:
        return IncidentStatus.COMPLETE
    return IncidentStatus.CONTAINED if verified.contained else IncidentStatus.OPEN


def _reason(verified: Verified, again: tuple[str, ...]) -> str:
    if again:
        return f"verified: {len(again)} remaining"
    if verified.review:
        return f"verified: {len(verified.review)} for a person to review"
    return "verified: no step remains"
