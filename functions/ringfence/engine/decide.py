"""Phase 3, decide: choose the next move. Pure, and total over a closed union."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import Verdict
from ringfence.model.errors import BadInput, NotFound
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.record.facts import FindingReceived, RemediationUndone

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.prospect import Plan, Prospect
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import Agreed, ResponseRequest
    from ringfence.model.errors import RingfenceError
    from ringfence.record.facts import Fact
    from ringfence.record.history import History
    from ringfence.record.status import IncidentStatus


@frozen
class Reject:
    """The caller gets the error. Nothing is recorded."""

    error: RingfenceError


@frozen
class Ignore:
    """There is nothing to do. `facts` are what must be known all the same, and `start` is where."""

    status: IncidentStatus
    incident: str
    reason: str
    start: IncidentStart | None = None
    facts: tuple[Fact, ...] = ()


@frozen
class Record:
    """A person is notified. Nothing is planned or changed."""

    start: IncidentStart
    facts: tuple[Fact, ...]


@frozen
class Defer:
    """Another execution acts. Record the findings that it may not know, and retry the request later.

    The other execution can die, act for a message that is never repeated, do something else, or be a
    release.
    """

    start: IncidentStart
    facts: tuple[Fact, ...]
    reason: str
    again: tuple[str, ...]


@frozen
class BackOff:
    """Somebody keeps undoing the fix. Record the facts, and fix it later, once for all findings until then.

    `waits`: this request leads to the later one. Another finding has led to it before otherwise.
    """

    start: IncidentStart
    facts: tuple[Fact, ...]
    reason: str
    waits: bool


@frozen
class Close:
    """The resource does not exist. The incident closes after a second read that does not find it."""

    prospect: Prospect
    gone: NotFound


@frozen
class Preview:
    """Plan every stage from the current state and record the plans. `refusal` is raised after that."""

    prospect: Prospect
    refusal: str = ""


@frozen
class Act:
    """Run the stages."""

    prospect: Prospect


Move = Reject | Ignore | Record | Defer | BackOff | Close | Preview | Act


def next_move(request: ResponseRequest, reading: Reading, plan: Plan | BadInput, now: datetime) -> Move:
    """Return the next move for a request, from what was read and planned."""
    if request.watchdog and not _may_act(request.watchdog, reading.history):
        reason = "the run behind this watchdog message did not start"
        return _joined(reading.history.incident, reason)
    if isinstance(plan, BadInput):
        return Reject(plan)
    if request.continuation and _is_covered(request, reading, now):
        reason = "another continuation does the same"
        return _joined(reading.history.incident, reason)
    if request.continuation and (refuted := _refuted(reading.history)):
        reason = f"nothing more is changed, because the finding was refuted: {refuted}"
        return _joined(reading.history.incident, reason)
    return _ignored(request, plan) or _repeated(request, reading, plan) or _move(request, reading, plan, now)


def _repeated(request: ResponseRequest, reading: Reading, plan: Plan) -> Ignore | None:
    """Return the move for a version that is answered and that its source does not confirm now."""
    if not reading.history.entries or request.source is None or request.source.verdict is Verdict.CONFIRMED:
        return None
    from ringfence.engine.repeated import ANSWERED, is_answered  # containment does not wait for it

    if not is_answered(request, reading.history, plan.opened):
        return None
    return _joined(reading.history.incident, ANSWERED)


def _refuted(history: History) -> str:
    from ringfence.engine.unconfirmed import refutation  # containment does not wait for it

    return refutation(history)


def _is_covered(request: ResponseRequest, reading: Reading, now: datetime) -> bool:
    from ringfence.engine.continuations import is_covered, started  # containment does not wait for it

    return is_covered(started(request), reading.history, now)


def _move(request: ResponseRequest, reading: Reading, plan: Plan, now: datetime) -> Move:
    start = plan.chosen.start
    if not start.decision.mode.observes:
        return Record(start, () if start.repeats(request) else start.facts)
    if start.decision.mode.changes and reading.history.lease.held(now, request.attempt):
        return _deferred(request, start)
    gone = _gone(request, reading)
    return _missing(request, plan, gone) if gone else _act_or_show(request, reading, plan, now)


def _may_act(attempt: str, history: History) -> bool:
    from ringfence.engine.continuations import may_act  # containment does not wait for it

    return may_act(attempt, history)


def _ignored(request: ResponseRequest, plan: Plan) -> Ignore | None:
    start = plan.opened.start
    if start.outdated:
        reason = "the finding is about activity before the end of the incident"
        return _joined(start.incident, reason, start, _unknown(request, start.history))
    if request.routine and _is_at_rest(start.history) and not plan.opened.finds:
        from ringfence.record.status import IncidentStatus  # containment does not wait for it

        reason = "a routine read found nothing to do and is not recorded"
        return Ignore(IncidentStatus.COMPLETE, start.incident, reason)
    return None


def _joined(
    incident: str, reason: str, start: IncidentStart | None = None, facts: tuple[Fact, ...] = ()
) -> Ignore:
    from ringfence.record.status import IncidentStatus  # containment does not wait for it

    return Ignore(IncidentStatus.JOINED, incident, reason, start, facts)


def _unknown(request: ResponseRequest, history: History) -> tuple[Fact, ...]:
    """Return the finding if no update of it is recorded. A person may want to know of it."""
    if request.finding is None or request.routine:
        return ()
    known = {one.finding.id for one in history.of(FindingReceived)}
    return () if request.finding.finding.id in known else (request.finding,)


def _is_at_rest(history: History) -> bool:
    """Return whether nothing of an incident is in progress: every applied remediation is verified."""
    return all(history.remediated.values()) and not history.open_intents


def _deferred(request: ResponseRequest, start: IncidentStart) -> Defer:
    """Record findings that the other execution may not know. It opens new incidents itself."""
    facts = () if start.is_new else tuple(one for one in start.facts if isinstance(one, FindingReceived))
    reason = "another execution is acting on this resource"
    return Defer(start, facts, reason, () if request.request else (reason,))


def _gone(request: ResponseRequest, reading: Reading) -> NotFound | None:
    """Return why there is no such resource. A resource that a person names must exist or be recorded."""
    resource, ref = reading.resource, request.ref
    if request.request and not reading.history.entries and isinstance(resource, ResourceState):
        noted = f"neither AWS nor the audit log has {ref.id} in {ref.region} of account {ref.account}"
        return NotFound(noted) if resource.absent() else None
    return resource if isinstance(resource, NotFound) else None


def _missing(request: ResponseRequest, plan: Plan, gone: NotFound) -> Move:
    """Report a missing resource to a person at once. A later retry would not compare the confirmed plan."""
    if request.request and (plan.chosen.start.is_new or request.agreed):
        return Reject(gone)
    return Close(plan.chosen, gone)


def _act_or_show(request: ResponseRequest, reading: Reading, plan: Plan, now: datetime) -> Move:
    if not plan.chosen.start.decision.mode.changes:
        return Preview(plan.shown)
    if request.finding and request.runbook.closes_when_complete and (wait := _backed_off(request, plan, now)):
        return wait
    if request.agreed is None:
        return Act(plan.chosen)
    return _act_as_agreed(request, request.agreed, reading.history, plan)


def _backed_off(request: ResponseRequest, plan: Plan, now: datetime) -> BackOff | None:
    """Return the move that waits with a fix that somebody keeps undoing. None if it need not wait."""
    from ringfence.engine.flips import targets, waiting  # containment does not wait for it

    start = plan.chosen.start
    new = next((one for one in start.facts if isinstance(one, RemediationUndone)), None)
    found = new or waiting(start.history, targets(plan.chosen), now)
    if found is None or found.until is None:
        return None
    repeated = request.finding is not None and start.history.knows(request.finding)
    reason = f"somebody keeps undoing the fix; the next one follows at {found.until:%H:%M:%S} UTC"
    return BackOff(start, start.facts, reason, waits=new is not None or repeated)


def _act_as_agreed(request: ResponseRequest, agreed: Agreed, history: History, plan: Plan) -> Move:
    """Refuse if the plan differs from the confirmed one, and record the new plan."""
    from ringfence.engine.plan_binding import difference, is_same, started_plan  # findings do not wait for it

    if not plan.chosen.start.is_new and started_plan(history, request.actor, (agreed.digest,)):
        return Act(plan.chosen)
    now, then = plan.chosen, plan.agreed
    if now.first is None or then is None or then.first is None:
        return Reject(now.failed or BadInput("plan", "cannot be compared with the current plan"))
    if is_same(agreed.digest, then.first, now.first):
        return Act(plan.chosen)
    return Preview(plan.shown, difference(history, (agreed.digest,), now.first))
