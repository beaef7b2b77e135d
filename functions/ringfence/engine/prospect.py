"""A request in one incident: where it is recorded, and what is planned. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.incident import Incident
from ringfence.model.plan import digest_text
from ringfence.record.chain import digest
from ringfence.record.facts import FindingReceived, Intended, Outcome, Planned, Result, RunRequested, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.errors import RingfenceError
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Stage
    from ringfence.model.step import Step
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@frozen
class Prospect:
    """One incident that a request can open or join, with the plan of its first stage.

    `start`: where the request is recorded. `planned_for`: the incident that plans are made for. A person's
    dry run shows what a run would do, which may open another incident. `at`: the time for which plans are
    made. `first`: None if the resource was
    not observed or planning `failed`. `finds`: whether there is anything to do or to review.
    """

    start: IncidentStart
    planned_for: IncidentStart
    choices: tuple[tuple[str, str], ...] = ()
    at: datetime | None = None
    first: Planned | None = None
    finds: bool = True
    failed: RingfenceError | None = None

    def incident(self, history: History, pending: Iterable[Fact] = ()) -> Incident:
        """Return the incident for planners. `history` is the current chain of `start`.

        `pending` are facts that are not written yet: a step can have been refused a moment ago.
        """
        opens = self.planned_for.is_new and not self.start.is_new
        known = self.planned_for.history if opens else history
        incident = Incident(
            id=self.start.incident,
            opened_at=self.planned_for.opened_at,
            choices=self.choices,
            past=known.steps(),
            looked=bool(known.of(Verified)),
            requested=any(isinstance(one, RunRequested) for one in self.start.facts),
            planned_at=self.planned_at(history),
            tried_at=known.tried_at(),
            refused=tuple(_refused(known, pending)),
        )
        new = (one for one in self.start.facts if isinstance(one, FindingReceived))
        return incident.with_findings(one.finding for one in (*known.of(FindingReceived), *new))

    def planned_at(self, history: History) -> datetime | None:
        """Return the time for which plans are made: a later stage is planned after earlier changes."""
        return max(self.at, history.head.at) if self.at and history.head else self.at

    def plan(self, stage: Stage, history: History, resource: ResourceState) -> Planned:
        """Return the remaining steps of a stage, and the residual risk."""
        incident = self.incident(history)
        steps = stage.plan(resource, incident)
        return Planned(stage.id, digest(digest_text(steps)), steps, stage.residual_risks(resource, incident))

    def news(self, request: ResponseRequest, plans: Sequence[Planned]) -> tuple[Fact, ...]:
        """Return the facts of a dry run. Recorded plans are not repeated unless a person asked."""
        repeats = self.start.repeats(request)
        last = {one.stage: one for one in self.start.history.of(Planned)}
        new = [one for one in plans if request.request or _differ(one, last.get(one.stage), repeats=repeats)]
        return (*self.start.facts, *new) if new or not repeats else ()


@frozen
class Plan:
    """The possible incidents of a request.

    `opened` is the one it opens or joins according to the record alone. `chosen` is the same, or an ended
    incident that it joins because there is nothing to do. `shown` is for a person. `agreed` is the same as
    of the time of the confirmed plan.
    """

    opened: Prospect
    chosen: Prospect
    shown: Prospect
    agreed: Prospect | None = None


def _differ(plan: Planned, last: Planned | None, *, repeats: bool) -> bool:
    """Return whether a plan is news. A routine read that would only note another time is not."""
    if last is None or not repeats:
        return last is None or plan.digest != last.digest
    return _gist(plan) != _gist(last)


def _gist(plan: Planned) -> list[tuple[str, object]]:
    from ringfence.model.log_only_step import LogOnlyStep  # a first response has nothing to compare

    return [(step.target, () if isinstance(step, LogOnlyStep) else step.diff()) for step in plan.steps]


def _refused(history: History, pending: Iterable[Fact]) -> Iterator[Step]:
    news = {one.intent: one for one in pending if isinstance(one, Outcome)}
    outcomes = {**history.outcomes, **news}
    for one in history.of(Intended):
        if one.intent in outcomes and outcomes[one.intent].result == Result.REFUSED:
            yield one.step
