"""Whether a continuation is at work, and whether one must finish what was begun. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.frozen import replace
from ringfence.record.facts import (
    RELEASE,
    ContinuationStarted,
    DecisionMade,
    Intended,
    RunRequested,
    Verified,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.record.history import History

LIFE = timedelta(hours=48)
"""How long a continuation is retried at least before it is a dead letter."""


def started(request: ResponseRequest) -> ContinuationStarted:
    """Return the fact that a continuation of this request began."""
    return ContinuationStarted(request.continuation, request.runbook.ids, request.choices)


def may_act(attempt: str, history: History) -> bool:
    """Return whether an execution recorded, in the newest incident, a decision that allowed it changes."""
    return any(
        isinstance(fact, DecisionMade) and fact.decision.mode.changes
        for entry, fact in history.facts
        if entry.attempt == attempt
    )


def is_covered(wanted: ContinuationStarted, history: History, now: datetime) -> bool:
    """Return whether another continuation does all that this one would do.

    Its message returns until nothing can be retried, so a second one would only repeat every failure. One
    that began before a release does nothing about activity after it.
    """
    known = {one.continuation for one in history.of(ContinuationStarted)}
    if wanted.continuation and wanted.continuation in known:
        return False
    for entry, fact in reversed(history.facts):
        if isinstance(fact, Verified) and fact.whole and not _can_be_retried(fact):
            return False
        if isinstance(fact, RunRequested) and fact.what.startswith(RELEASE) and not fact.dry_run:
            return False
        if isinstance(fact, ContinuationStarted) and _does(fact, wanted):
            return now < entry.at + LIFE
    return False


def unfinished(history: History) -> DecisionMade | None:
    """Return the decision that allowed changes if what it began is not finished.

    A later decision that allows none, for example by a changed policy, leaves nothing half done.
    """
    allowed = [one for one in history.of(DecisionMade) if one.decision.mode.changes]
    if not allowed or history.closed_at is not None or history.release_asked_at is not None:
        return None
    last = history.verified
    half_done = last is None or _can_be_retried(last) or not last.whole
    begun = bool(history.of(Intended)) and half_done
    return allowed[-1] if begun or history.open_intents else None


def finishing(
    request: ResponseRequest, history: History, result: ResponseResult, now: datetime
) -> ResponseResult:
    """Add the continuation that finishes what an earlier decision began, if nobody finishes it.

    A policy can change between two deliveries. Nothing is left half done without a word.
    """
    from ringfence.engine.results import Followup, FollowupKind

    begun = unfinished(history) if request.finding and not request.is_held else None
    if begun is None or is_covered(ContinuationStarted("", begun.remediations, begun.choices), history, now):
        return result
    why = ("an earlier decision allowed changes, and they are not finished",)
    finish = Followup(FollowupKind.CONTINUE, reasons=why, begun=begun)
    return replace(result, followups=(*result.followups, finish))


def _does(one: ContinuationStarted, wanted: ContinuationStarted) -> bool:
    return set(one.remediations) >= set(wanted.remediations) and one.choices == wanted.choices


def _can_be_retried(verified: Verified) -> bool:
    return bool(verified.remaining) or not set(verified.settling) <= set(verified.waiting)
