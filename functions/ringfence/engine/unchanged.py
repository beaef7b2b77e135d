"""What a request ends in that changes nothing now: it is recorded, joins an incident, or waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.approved import Ended, NothingDue
from ringfence.engine.claims import asks_again
from ringfence.engine.continuations import finishing
from ringfence.engine.decide import BackOff, Defer, Record
from ringfence.engine.execution import Execution
from ringfence.engine.journal import journal
from ringfence.engine.left_unfinished import left_unfinished
from ringfence.engine.report import ended
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.decide import Ignore
    from ringfence.engine.ports import Ports
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.record.history import History


def ignored(ports: Ports, request: ResponseRequest, move: Ignore) -> ResponseResult:
    """Record what must be known all the same, if there is anything."""
    if move.start and move.facts:
        journal(ports, Execution.of(request, move.start), move.facts)
    return ended(move.incident, move.status, move.reason)


def recorded(
    ports: Ports, request: ResponseRequest, move: Record | Defer | BackOff, now: datetime
) -> ResponseResult:
    """Record what is known. Plan and change nothing now."""
    start, incident = move.start, move.start.incident
    journal(ports, Execution.of(request, start), move.facts)
    match move:
        case Record():
            again = asks_again(request, start.history, now)
            result = ended(incident, IncidentStatus.RECORDED, start.decision.reason, again)
            return finishing(request, start.history, result, now)
        case Defer():
            return ended(incident, IncidentStatus.JOINED, move.reason, move.again)
        case BackOff():
            return ended(incident, IncidentStatus.JOINED, move.reason, waits=move.waits)


def left(ports: Ports, request: ResponseRequest, history: History, now: datetime) -> ResponseResult:
    """Notify a person of what an earlier decision began and nothing may finish now."""
    if found := left_unfinished(request, history, now):
        execution, fact = found
        journal(ports, execution, (fact,))
    reason = request.decision.reason if request.decision else ""
    return ended(history.incident, IncidentStatus.RECORDED, reason)


def nothing_left(history: History) -> ResponseResult:
    """Return the result of a continuation that may begin nothing."""
    reason = "nothing has begun, and a later decision allows no change"
    return ended(history.incident, IncidentStatus.JOINED, reason)


def answered(
    ports: Ports, request: ResponseRequest, history: History, found: NothingDue | Ended
) -> ResponseResult:
    """Record the end of an approval, unless nothing is due about it."""
    match found:
        case NothingDue(reason, again):
            return ended(history.incident, IncidentStatus.JOINED, reason, again)
        case Ended(start, facts, reason):
            journal(ports, Execution.of(request, start), facts)
            return ended(start.incident, IncidentStatus.DECLINED, reason)
