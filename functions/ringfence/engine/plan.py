"""Phase 2, plan: what a request would come to, in each incident that it may open or join. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.incident_start import careful, opening
from ringfence.engine.plan_binding import as_refused
from ringfence.engine.prospect import Plan, Prospect
from ringfence.model.errors import BadInput, Gone, RingfenceError
from ringfence.model.observation import Observed
from ringfence.policy.decision import Decision, Mode

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.incident_start import Opening
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import Order
    from ringfence.record.history import History


def plan(request: Order, reading: Reading, now: datetime) -> Plan | BadInput:
    """Plan the first stage. That there is nothing to go on with, or that less was decided, is an answer."""
    request = careful(request, reading.resource, reading.doubt)
    try:
        opened = _planned(request, reading, opening(request, reading.history, now))
    except BadInput as error:
        return error
    chosen = _rejoined(request, reading, opened, now)
    return _with_preview(request, reading, Plan(opened, chosen, shown=chosen), now)


def _with_preview(request: Order, reading: Reading, made: Plan, now: datetime) -> Plan:
    """Add what a person is shown: what a run would do now, and as of the plan that they agreed to."""
    changes = made.chosen.start.decision.mode.changes
    agreed = request.agreed if changes else None
    if request.request is None or (changes and agreed is None) or not isinstance(reading.resource, Observed):
        return made
    asked = replace(request, decision=Decision(Mode.AUTO, ""))
    run = _rejoined(asked, reading, _planned(asked, reading, opening(asked, reading.history, now)), now).start
    if agreed is None:
        return replace(made, shown=_planned(request, reading, made.chosen.start, run))
    look = opening(as_refused(request), reading.history, now)
    shown = _planned(request, reading, look, run)
    return replace(
        made, shown=shown, agreed=_planned(request, reading, look, replace(run, opened_at=agreed.as_of))
    )


def _rejoined(request: Order, reading: Reading, opened: Prospect, now: datetime) -> Prospect:
    """Let what finds nothing to do join an incident that ended by itself, rather than open another."""
    if opened.finds or not opened.start.is_new or not _has_ended(reading.history, reading.resource):
        return opened
    return _planned(request, reading, opening(request, reading.history, now, finds=False))


def _has_ended(history: History, resource: Observed | Gone | None) -> bool:
    """Say whether the newest incident ended by itself: it is complete, or its subject was gone and is."""
    if history.released_at is not None:
        return False
    return history.completed_at is not None if history.closed_at is None else isinstance(resource, Gone)


def _planned(
    request: Order, reading: Reading, start: Opening, planned_for: Opening | None = None
) -> Prospect:
    prospect = Prospect(start, planned_for or start, request.choices)
    if not isinstance(reading.resource, Observed):
        return replace(prospect, finds=reading.resource is None)
    stage = request.runbook.stages[0]
    try:
        first = prospect.plan(stage, start.history, reading.resource)
        reviews = () if first.steps else stage.reviews(reading.resource, prospect.incident(start.history))
    except RingfenceError as error:
        return replace(prospect, failed=error)
    return replace(prospect, first=first, finds=bool(first.steps or reviews))
