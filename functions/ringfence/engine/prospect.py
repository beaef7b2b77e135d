"""What a request would come to in one incident: where it is recorded, and what is planned. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.incident import Incident
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.plan import digest_text
from ringfence.record.chain import digest
from ringfence.record.facts import FindingReceived, Planned, Verified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.errors import RingfenceError
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Stage
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@frozen
class Prospect:
    """One incident that a request may open or join, and the plan of the first stage for it.

    `start` is where it is recorded, `planned_for` what plans are made for: the dry run of a person shows
    what a run would do, which may open another incident. `first` is None where the resource was not
    observed, or where planning `failed`. `finds` says whether there is anything to do or to review.
    """

    start: IncidentStart
    planned_for: IncidentStart
    choices: tuple[tuple[str, str], ...] = ()
    first: Planned | None = None
    finds: bool = True
    failed: RingfenceError | None = None

    def incident(self, history: History) -> Incident:
        """Return what planners may know. `history` is the chain of `start` as it is by now."""
        opens = self.planned_for.is_new and not self.start.is_new
        known = self.planned_for.history if opens else history
        incident = Incident(
            id=self.start.incident,
            opened_at=self.planned_for.opened_at,
            choices=self.choices,
            past=known.steps(),
            looked=bool(known.of(Verified)),
        )
        new = (one for one in self.start.facts if isinstance(one, FindingReceived))
        return incident.with_findings(one.finding for one in (*known.of(FindingReceived), *new))

    def plan(self, stage: Stage, history: History, resource: ResourceState) -> Planned:
        """Return the steps of a stage that remain, and what stays open."""
        incident = self.incident(history)
        steps = stage.plan(resource, incident)
        return Planned(stage.id, digest(digest_text(steps)), steps, stage.residual_risks(resource, incident))

    def news(self, request: ResponseRequest, plans: Sequence[Planned]) -> tuple[Fact, ...]:
        """Return what a dry run records: what is recorded already is no news, unless a person asked."""
        repeats = self.start.repeats(request)
        last = {one.stage: one for one in self.start.history.of(Planned)}
        new = [one for one in plans if request.request or _differ(one, last.get(one.stage), repeats=repeats)]
        return (*self.start.facts, *new) if new or not repeats else ()


@frozen
class Plan:
    """What a request would come to.

    `opened` is the incident that it opens or joins by what is recorded alone. `chosen` is the same, unless
    it finds nothing to do: then it joins an incident that ended rather than open another. `shown` is what a
    person is shown, `agreed` the same as of the instant of the plan that they agreed to.
    """

    opened: Prospect
    chosen: Prospect
    shown: Prospect
    agreed: Prospect | None = None


def _differ(plan: Planned, last: Planned | None, *, repeats: bool) -> bool:
    """Say whether a plan is news. That a routine look would note something at another time is none."""
    if last is None or not repeats:
        return last is None or plan.digest != last.digest
    return _gist(plan) != _gist(last)


def _gist(plan: Planned) -> list[tuple[str, object]]:
    return [(step.target, () if isinstance(step, LogOnlyStep) else step.diff()) for step in plan.steps]
