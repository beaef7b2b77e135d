"""Hold remediations back as a dry run because of what was read of the subject. Pure.

Data on a subject, such as a tag, can come from an intruder. It makes a response more cautious, never less.
What is held back is planned, recorded and told; the rest of the runbook runs. A request by a person is never
held back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.facts import DecisionMade

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.step import Step
    from ringfence.record.history import History


def reasons_to_hold(request: ResponseRequest, reading: Reading, now: datetime) -> dict[str, str]:
    """Return the remediations of a request that must stay a dry run, and the reasons.

    What an open containment has begun is not held back. Otherwise an intruder who writes a tag on an isolated
    instance and causes another finding would end the containment in the record, and the watch on it.
    """
    may_change = request.decision is not None and request.decision.mode.changes
    if not may_change or request.finding is None or not isinstance(reading.resource, ResourceState):
        return {}
    incident = Incident("", now, choices=request.choices).with_findings((request.finding.finding,))
    begun = _begun(request, reading.history)
    held = request.runbook.stages[0].held(reading.resource, incident, begun)
    return {id_: held[id_] for id_ in request.runbook.ids if id_ in held}


def reasons_against(request: ResponseRequest, resource: ResourceState, now: datetime) -> tuple[str, ...]:
    """Return in words what speaks against a plan, for the person who decides about it."""
    incident = Incident("", now, choices=request.choices)
    if request.finding:
        incident = incident.with_findings((request.finding.finding,))
    held = request.runbook.stages[0].held(resource, incident, frozenset())
    unread = resource.unreadable(resource.unread, for_good=False)
    return tuple(dict.fromkeys((*resource.cautions(request.home), *held.values(), *unread)))


def why_held(request: ResponseRequest, reading: Reading) -> DecisionCode:
    """Return whether an intruder who may tag the resource can have caused what holds the response back."""
    named = request.finding is not None and request.finding.finding.containers
    forgeable = isinstance(reading.resource, ResourceState) and reading.resource.is_forgeable()
    return DecisionCode.FORGEABLE if forgeable and not named else DecisionCode.DOWNGRADED


def begun_ids(request: ResponseRequest, history: History) -> tuple[str, ...]:
    """Return the remediations that an open containment has begun."""
    begun = _begun(request, history)
    if not begun:
        return ()
    return tuple(one.id for one in request.runbook.remediations if not begun.isdisjoint(one.steps))


def _begun(request: ResponseRequest, history: History) -> frozenset[type[Step]]:
    """Return the kinds of steps that an open containment recorded. Empty after a release was requested."""
    if not history.entries or history.closed_at is not None or history.release_asked_at is not None:
        return frozenset()
    from ringfence.record.wording import is_containment  # a new incident has begun nothing

    if not is_containment(request.runbook.id):
        return frozenset()
    return frozenset(type(step) for step in history.steps())


def apart(
    request: ResponseRequest,
    held: Mapping[str, str],
    code: DecisionCode = DecisionCode.DOWNGRADED,
    mode: Mode = Mode.DRY_RUN,
) -> tuple[ResponseRequest | None, ResponseRequest]:
    """Split a request into what acts, if anything, and what is held back: a dry run, or a question.

    Remediations that run with all others do not act alone.
    """
    given = request.decision
    acting = request.runbook.narrowed(id_ for id_ in request.runbook.ids if id_ not in held)
    acts = any(one.triggers for one in acting.remediations)
    reason = "; ".join(dict.fromkeys(held.values()))
    decision = Decision(mode, reason, given.rule if given else "", code)
    if not acts:
        return None, replace(request, decision=decision)
    dry = replace(request, runbook=request.runbook.narrowed(held), decision=decision)
    return replace(request, runbook=acting, held=tuple(dict.fromkeys(held.values()))), dry


def held_back(request: ResponseRequest, history: History) -> tuple[str, ...]:
    """Return why parts of a containment are held back, by this request or by the recorded decisions.

    A later decision that allows changes takes its remediations out again.
    """
    from ringfence.record.wording import is_containment  # this is asked after containment

    if not is_containment(request.runbook.id):
        return ()
    newest: dict[str, Decision] = {}
    for made in history.of(DecisionMade):
        if made.decision.code.holds or made.decision.mode.changes:
            newest.update(dict.fromkeys(made.remediations, made.decision))
    recorded = (one.reason for one in newest.values() if one.code.holds)
    return tuple(dict.fromkeys((*request.held, *recorded)))
