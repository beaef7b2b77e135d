"""Phase 2, plan: plan a request for each incident that it can open or join. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.incident_start import incident_start
from ringfence.engine.prospect import Plan, Prospect
from ringfence.model.errors import BadInput, NotFound, RingfenceError
from ringfence.model.frozen import replace
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Decision, Mode

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.runbook import Stage
    from ringfence.record.history import History


def plan(request: ResponseRequest, reading: Reading, now: datetime) -> Plan | BadInput:
    """Plan the first stage. An invalid continuation is a result, not an error."""
    try:
        opened = _planned(request, reading, incident_start(request, reading.history, now), now)
    except BadInput as error:
        return error
    chosen = _rejoined(request, reading, opened, now)
    if request.finding and request.runbook.closes_when_complete and chosen.start.decision.mode.changes:
        chosen = _with_flips(request, reading, chosen, now)
    return _with_preview(request, reading, Plan(opened, chosen, shown=chosen), now)


def _with_preview(request: ResponseRequest, reading: Reading, made: Plan, now: datetime) -> Plan:
    """Add the plans for a person: of a run now, and as of the confirmed plan."""
    if request.request is None or not isinstance(reading.resource, ResourceState):
        return made
    run = _as_run(request, reading, now)
    if not made.chosen.start.decision.mode.changes:
        return replace(made, shown=_planned(request, reading, made.chosen.start, now, run))
    if request.agreed is None:
        return made
    from ringfence.engine.plan_binding import as_refused  # findings do not wait for it

    look = incident_start(as_refused(request), reading.history, now)
    as_of = min(request.agreed.as_of, now)
    then = replace(run, opened_at=min(run.opened_at, as_of))
    shown = _planned(request, reading, look, now, run)
    return replace(made, shown=shown, agreed=_planned(request, reading, look, as_of, then))


def _as_run(request: ResponseRequest, reading: Reading, now: datetime) -> IncidentStart:
    """Return the incident that a person's request would open or join if it were applied."""
    run = replace(request, decision=Decision(Mode.AUTO, ""))
    opened = _planned(run, reading, incident_start(run, reading.history, now), now)
    return _rejoined(run, reading, opened, now).start


def _rejoined(request: ResponseRequest, reading: Reading, opened: Prospect, now: datetime) -> Prospect:
    """Join an ended incident instead of opening another one if there is nothing to do."""
    if opened.finds or not opened.start.is_new or not _has_ended(reading.history, reading.resource):
        return opened
    return _planned(request, reading, incident_start(request, reading.history, now, finds=False), now)


def _with_flips(request: ResponseRequest, reading: Reading, chosen: Prospect, now: datetime) -> Prospect:
    """Join the ended incident and report it if somebody undid a recent fix of that incident."""
    from ringfence.engine.flips import joins, report, targets  # containment does not wait for it

    history, wanted = reading.history, targets(chosen)
    if not wanted or not joins(history, wanted, now):
        return chosen
    if chosen.start.is_new:
        joined = _planned(request, reading, incident_start(request, history, now, rejoins=True), now)
        if targets(joined) != wanted:
            return chosen
        chosen = joined
    undone = report(request, history, wanted, now)
    facts = (*chosen.start.facts, *((undone,) if undone else ()))
    start = replace(chosen.start, facts=facts)
    return replace(chosen, start=start, planned_for=start)


def _has_ended(history: History, resource: ResourceState | NotFound | None) -> bool:
    """Return whether the newest incident ended on its own: it is complete, or its subject does not exist."""
    if history.released_at is not None:
        return False
    return history.completed_at is not None if history.closed_at is None else isinstance(resource, NotFound)


def _planned(
    request: ResponseRequest,
    reading: Reading,
    start: IncidentStart,
    now: datetime,
    planned_for: IncidentStart | None = None,
) -> Prospect:
    """Plan for `now`. A dry run for a finding is planned for its incident, so that a repetition is equal."""
    applied = request.request is not None or start.decision.mode.changes
    prospect = Prospect(start, planned_for or start, request.choices, at=now if applied else start.opened_at)
    if not isinstance(reading.resource, ResourceState):
        return replace(prospect, finds=reading.resource is None)
    stage = request.runbook.stages[0]
    try:
        first = prospect.plan(stage, start.history, reading.resource)
        finds = bool(first.steps or reading.resource.unread) or _has_review(stage, reading.resource, prospect)
    except RingfenceError as error:
        return replace(prospect, failed=error)
    return replace(prospect, first=first, finds=finds)


def _has_review(stage: Stage, resource: ResourceState, prospect: Prospect) -> bool:
    """Return whether a person must review something."""
    return bool(stage.review_items(resource, prospect.incident(prospect.start.history)))
