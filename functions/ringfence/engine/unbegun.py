"""A continuation of a containment that has begun nothing yet. Pure.

The first response can have been held by a pause, or its read can have failed. What such a continuation begins
is a first response: limits count it, and everything that the policy says of the resource applies. So the
policy decides about the finding again. What it decided otherwise meanwhile is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.continuations import is_covered, may_act, started
from ringfence.engine.holding import apart
from ringfence.engine.incident_start import incident_start
from ringfence.engine.intake import Skipped
from ringfence.engine.limits import first_to_break
from ringfence.engine.lowered import decided_again
from ringfence.engine.prospect import Prospect
from ringfence.model.errors import BadInput
from ringfence.model.frozen import replace
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import DecisionCode
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.pausing import holding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.record.history import History

_BY_PEOPLE = frozenset({DecisionCode.REQUESTED, DecisionCode.APPROVED})


def answered_again(
    order: ResponseRequest,
    received: FindingReceived,
    runbook: Runbook,
    policy: Policy,
    execution: ExecutionContext,
) -> Iterator[ResponseRequest | Skipped]:
    """Return the requests about the finding of a continuation, as the policy decides now.

    What they lead to is still that continuation, so that no other message does the same.
    """
    severity = received.finding.severity
    for one in decided_again(replace(order, finding=received), severity, runbook, policy, execution):
        yield one if isinstance(one, Skipped) else replace(one, continuation=order.continuation)


class NotBegun(Exception):
    """A containment has begun nothing, so the policy decides about its finding again.

    Nothing was recorded.
    """

    def __init__(self, received: FindingReceived) -> None:
        super().__init__(f"nothing has begun because of {received.finding.id}")
        self.received = received


def permitted(request: ResponseRequest, reading: Reading, now: datetime) -> ResponseRequest | None:
    """Return what a continuation may still do. None if that is nothing.

    Raises NotBegun if the policy allowed what would begin now.
    """
    history = reading.history
    if not _is_at_work(request, reading, now) or not (fresh := _unbegun(request, reading, now)):
        return request
    if holding(reading.pauses, request.runbook.id, request.ref.account, history.incident, now):
        return request  # nothing begins, and one message waits for the end of the pause
    made = [one for one in history.of(DecisionMade) if not fresh.isdisjoint(one.remediations)]
    if any(one.decision.mode.changes and one.decision.code in _BY_PEOPLE for one in made):
        return request
    newest = {one.finding: one for one in made}
    for one in reversed(newest.values()):
        if one.decision.mode.changes and (received := _received(history, one.finding)):
            raise NotBegun(received)
    reason = next((one.decision.reason for one in reversed(made)), "nobody has allowed it")
    acting, _ = apart(request, dict.fromkeys(fresh, reason))
    return acting


def _is_at_work(request: ResponseRequest, reading: Reading, now: datetime) -> bool:
    """Return whether a continuation acts in an open incident in which nobody else acts."""
    history = reading.history
    if history.incident != request.incident and not request.watchdog:
        return False
    if history.closed_at is not None or history.release_asked_at is not None:
        return False
    if history.lease.held(now, request.attempt):
        return False
    if request.watchdog and not may_act(request.watchdog, history):
        return False
    return not (request.continuation and is_covered(started(request), history, now))


def _unbegun(request: ResponseRequest, reading: Reading, now: datetime) -> frozenset[str]:
    """Return the remediations that count against limits and would begin now, with what is held with them."""
    if not isinstance(reading.resource, ResourceState):
        return frozenset()
    try:
        start = incident_start(request, reading.history, now)
    except BadInput:
        return frozenset()  # there is nothing to resume, and the request is rejected
    incident = Prospect(start, start, request.choices, at=now).incident(start.history)
    breaking = first_to_break(request.runbook.stages[0], reading.resource, incident)
    named = {id_ for one in breaking for id_ in (one.id, *one.held_together)}
    return frozenset(named.intersection(request.runbook.ids))


def _received(history: History, finding: str) -> FindingReceived | None:
    """Return the newest version of a recorded finding."""
    found = (one for one in reversed(history.of(FindingReceived)) if one.finding.id == finding)
    return next(found, None)
