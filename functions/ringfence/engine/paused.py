"""What becomes of a response whose steps a pause holds. Pure. Without a pause, nothing imports it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.results import Followup, FollowupKind
from ringfence.model.errors import Refused, Retryable
from ringfence.record.deployment_facts import PauseHeld
from ringfence.record.facts import Intended, Verified
from ringfence.record.pausing import unreadable, words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.results import ResponseResult
    from ringfence.record.facts import Fact
    from ringfence.record.history import History
    from ringfence.record.pauses import Pauses

AGAIN = timedelta(minutes=1)
"""How soon a held response is looked at again: a person can resume at any time."""
_WAITS = (FollowupKind.RETRY, FollowupKind.CONTINUE)


def held(pauses: Pauses, execution: Execution, now: datetime) -> PauseHeld | None:
    """Return what holds the changes of an execution. None if nothing does."""
    if pauses.unreadable:
        return PauseHeld(unreadable=pauses.unreadable)
    key, ref = execution.key, execution.ref
    found = pauses.holding(key.runbook, ref.account, execution.incident, now)
    return PauseHeld(found) if found else None


def is_news(fact: PauseHeld, history: History) -> bool:
    """Return whether the incident does not say yet that these pauses hold it."""
    newest = (one for _, one in reversed(history.facts) if isinstance(one, PauseHeld | Intended))
    return next(newest, None) != fact


def reasons(fact: PauseHeld) -> tuple[str, ...]:
    """Return in words what holds the changes."""
    return (unreadable(fact.unreadable),) if fact.unreadable else tuple(map(words, fact.pauses))


def worth_recording(facts: Iterable[Fact], history: History) -> tuple[Fact, ...]:
    """Leave out a verification that says what the last one says.

    What remains can contain the time of the plan, and a held response is verified every few minutes.
    """
    last = history.verified
    return tuple(
        one for one in facts if not (isinstance(one, Verified) and last is not None and _is_same(one, last))
    )


def _is_same(one: Verified, last: Verified) -> bool:
    return len(one.remaining) == len(last.remaining) and replace(one, remaining=()) == replace(
        last, remaining=()
    )


def refusal(fact: PauseHeld) -> Refused:
    """Return the error for a person who requests a run: nothing waits for the person's answer."""
    told = "; ".join(reasons(fact))
    return Refused(f"nothing was changed: {told}. `ringfence resume` ends a pause, and a dry run still works")


def later(fact: PauseHeld) -> Retryable:
    """Return the error for an approved plan. Nothing is recorded, so it does not begin."""
    return Retryable(f"the approved plan waits: {'; '.join(reasons(fact))}")


def waiting(result: ResponseResult, fact: PauseHeld, now: datetime) -> ResponseResult:
    """Let a message put the response back, instead of one that counts how often it is tried.

    A message that is retried during a whole pause would become a dead letter.
    """
    told = reasons(fact)
    result = replace(result, paused=told, reason=f"paused: {'; '.join(told)}")
    if not result.follows(*_WAITS):
        return result
    left = max((one.until for one in fact.pauses), default=now + AGAIN) - now
    after = max(timedelta(seconds=1), min(AGAIN, left + timedelta(seconds=1)))
    others = tuple(one for one in result.followups if one.kind not in _WAITS)
    return replace(result, followups=(*others, Followup(FollowupKind.PAUSED, after, told)))
