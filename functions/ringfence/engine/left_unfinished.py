"""What an earlier decision began and the policy no longer permits to finish: a person must act. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.continuations import unfinished
from ringfence.engine.execution import Execution
from ringfence.engine.incident_start import incident_start
from ringfence.model.errors import Retryable
from ringfence.record.facts import DecisionMade, Intended, LeftUnfinished, RunRequested

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.record.history import History


def left_unfinished(
    request: ResponseRequest, history: History, now: datetime
) -> tuple[Execution, LeftUnfinished] | None:
    """Return what must be recorded, and where. None if nothing is half done, or if it is recorded.

    `request` is one whose decision permits nothing. Raises Retryable while another execution acts.
    """
    begun = unfinished(history)
    if request.decision is None or begun is None or _is_told(history):
        return None
    if history.lease.held(now, request.attempt):
        raise Retryable("another execution is acting on this resource, and may finish what it began")
    resuming = replace(request, decision=None, finding=None, continuation="", incident=history.incident)
    runbook = request.runbook.narrowed(id_ for id_ in request.runbook.ids if id_ in begun.remediations)
    start = incident_start(replace(resuming, runbook=runbook), history, now)
    remaining = history.verified.remaining if history.verified else ()
    open_steps = (intended.step.describe() for _, intended in history.open_intents)
    fact = LeftUnfinished(request.decision.reason, tuple(dict.fromkeys((*open_steps, *remaining))))
    return Execution.of(request, start), fact


def _is_told(history: History) -> bool:
    """Return whether it was recorded, and nothing was begun or requested since."""
    for _, fact in reversed(history.facts):
        if isinstance(fact, LeftUnfinished):
            return True
        if isinstance(fact, DecisionMade | Intended | RunRequested):
            return False
    return False
