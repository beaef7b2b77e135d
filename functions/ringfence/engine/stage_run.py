"""Run the stages of a runbook: each one is planned, recorded and applied, and everything is verified.

This module is imported before the isolating call, so it imports what comes after that call later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ringfence.engine.apply import Changes, apply
from ringfence.engine.journal import journal
from ringfence.engine.limits import slots
from ringfence.engine.read import read
from ringfence.engine.reading import further_read, internal_errors, unseen_by_all
from ringfence.model.errors import (
    BadInput,
    Conflict,
    InternalError,
    NotFound,
    Refused,
    Retryable,
    RingfenceError,
)
from ringfence.model.frozen import replace
from ringfence.record.facts import RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.ports import Ports
    from ringfence.engine.prospect import Prospect
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.runbook import Stage
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol
    from ringfence.record.deployment_facts import PauseHeld
    from ringfence.record.facts import Fact, Planned
    from ringfence.record.pauses import Pauses

LEASE = timedelta(seconds=25)
"""A lease, shorter than `LONGEST_LEASE`. New activity on a resource waits at most this long for an execution
that died.
"""


@dataclass(eq=False, repr=False)
class StageRun:
    """One attempt to run the stages. It keeps what is known, whatever error a phase raises."""

    ports: Ports
    request: ResponseRequest
    prospect: Prospect
    execution: Execution
    pauses: Pauses
    plans: list[Planned] = field(default_factory=list)
    unclear: dict[str, tuple[str, ...]] = field(default_factory=dict)
    secondary: dict[str, tuple[str, ...]] = field(default_factory=dict)
    due: dict[str, datetime | None] = field(default_factory=dict)
    errors: list[RingfenceError] = field(default_factory=list)
    names: Mapping[Symbol, str] = field(default_factory=dict)
    changed: bool = False
    asks: bool = False
    held: PauseHeld | None = None

    def check_pauses(self) -> None:
        """Raise the error for a request that does not begin during a pause.

        Refused for a person's request: the person can resume, or wait. Retryable for an approved plan, which
        is compared again after the pause.
        """
        if not (self.request.request or self.request.approved):
            return
        if held := _held(self.pauses, self.execution, self.ports.clock()):
            from ringfence.engine.paused import later, refusal

            raise refusal(held) if self.request.request else later(held)

    def act(self, resource: ResourceState) -> ResponseResult:
        """Run the stages, each after its record, and verify."""
        try:
            return self.conclude(self._look_again(self._run(resource)))
        except Conflict:
            journal(self.ports, self.execution.surrendered())
            raise
        except NotFound as gone:
            return self.conclude(gone)
        except (BadInput, InternalError, Refused, Retryable):
            self._give_back()
            raise

    def conclude(self, resource: ResourceState | NotFound) -> ResponseResult:
        """Record the verification, release the lease, and report."""
        from ringfence.engine.report import report  # the isolating call does not wait for these
        from ringfence.engine.verification import SecondLook
        from ringfence.engine.verify import verify

        left = self._survivors() if isinstance(resource, NotFound) else ()
        due = min(filter(None, self.due.values()), default=None)
        look = SecondLook(resource, self.ports.clock(), self.unclear, self.secondary, self.asks, left, due)
        found = verify(self.request, self.prospect, self.execution, look)
        facts = self._worth_recording(found.facts)
        self.execution = journal(self.ports, replace(self.execution, pending=facts), ends=True)
        errors = (*self.errors, *internal_errors(resource), *unseen_by_all(self.request, resource))
        error = next(iter(errors), None)
        result = replace(report(self.execution.incident, found, self.plans), error=error)
        if (
            self.changed
            and self.request.contains(self.request.running[0])
            and not isinstance(resource, NotFound)
        ):
            from ringfence.engine.group_sizes import keep_sizes

            keep_sizes(self.ports, self.request, resource)
        if self.held is None:
            return result
        from ringfence.engine.paused import waiting

        return waiting(result, self.held, self.ports.clock())

    def _worth_recording(self, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        if self.held is None:
            return facts
        from ringfence.engine.paused import worth_recording

        return worth_recording(facts, self.execution.history)

    def _survivors(self) -> tuple[str, ...]:
        """Return the changes that still matter without the subject, in words."""
        from ringfence.engine.survivors import survivors  # containment does not wait for it

        look = partial(read, self.ports)
        found = survivors(look, self.request.ref, self.execution.history, self.ports.clock())
        return tuple(step.describe() for step in found.left)

    def _run(self, resource: ResourceState) -> ResourceState:
        """Run one stage after another. In a compliance runbook, stages wait for an unknown result."""
        for number, stage in enumerate(self.request.running):
            resource = self._read_on(resource, stage.observations) if number else resource
            if self._resolve(stage, resource) and self.request.runbook.closes_when_complete:
                break
            try:
                self._run_stage(stage, resource, None if number else self.prospect.first)
            except InternalError as error:  # a planner contradicts itself: other stages do not wait for it
                self.errors.append(error)
        return resource

    def _run_stage(self, stage: Stage, resource: ResourceState, planned: Planned | None) -> None:
        """Plan, record and apply what is not held back."""
        planned = planned or self.prospect.plan(stage, self.execution.history, resource)
        self.plans.append(planned)
        steps = self.execution.allowed(planned.steps, containing=self.request.contains(stage))
        steps = self._not_held_back(resource, steps)
        if steps and not self._is_paused(planned):
            intents, until = self.execution.intents(stage.id, steps), self._until()
            incident = self.prospect.incident(self.execution.history)
            now, members = self.ports.clock(), self.execution.history.members
            used = slots(self.request, stage, resource, incident, now, members)
            facts = (planned, *intents)
            self.execution = journal(self.ports, self.execution, facts, until=until, slots=used)
            names = {**self.names, **resource.names()}
            changes = Changes(intents, self.prospect.start.decision, self.pauses.bound(until), names)
            applied = apply(self.ports, self.execution, changes)
            self.execution, self.names, self.changed = applied.execution, applied.names, True
            self.errors.extend(filter(None, (applied.error,)))

    def _not_held_back(self, resource: ResourceState, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Leave out steps whose last result is unknown or whose next try is not due."""
        if not self.execution.history.entries:
            return steps
        from ringfence.engine.retries import not_held_back, without_detours  # a new incident needs neither

        now = self.ports.clock()
        return not_held_back(self.execution, resource, without_detours(self.execution, steps, now), now)

    def _is_paused(self, planned: Planned) -> bool:
        """Return whether a pause holds the steps of a stage, and record that it does.

        What follows a held stage is held as well, even if somebody resumes meanwhile.
        """
        if self.held is not None:
            return True
        self.held = _held(self.pauses, self.execution, self.ports.clock())
        if self.held is None:
            return False
        from ringfence.engine.paused import is_news

        if is_news(self.held, self.execution.history):
            self.execution = self.execution.adding((planned, self.held))
        return True

    def _until(self) -> datetime:
        """Return the end of the lease. Each stage renews it, so that no dead execution keeps it for long."""
        return min(self.request.until, self.ports.clock() + LEASE)

    def _look_again(self, resource: ResourceState) -> ResourceState:
        """Read everything again if anything was changed or is unknown, the finding's source too."""
        from ringfence.engine.unconfirmed import settled, unconfirmed  # the isolating call does not wait

        acted_on = unconfirmed(self.execution.history)
        if self.changed or any(self.unclear.values()) or any(self.secondary.values()) or acted_on:
            kinds = (kind for stage in self.request.running for kind in stage.observations)
            reading = self._reading(kinds, acted_on[0] if acted_on else None)
            resource = resource.updated(reading.found)
            if acted_on and reading.checked:
                found = settled(*acted_on, reading.checked.answer, self.ports.clock())
                self.asks = found is None
                self.execution = self.execution.adding((found,) if found else ())
            for stage in self.request.running:
                self._resolve(stage, resource)
        return resource

    def _resolve(self, stage: Stage, resource: ResourceState) -> bool:
        """Resolve open intents. Return whether the stage must wait for one of them."""
        stages, now = (stage.id, RELEASE), self.ports.clock()
        self.execution, found = self.execution.resolve(resource, stages, now)
        self.unclear[stage.id] = (*found.waiting, *found.hidden) if found else ()
        self.secondary[stage.id] = found.secondary if found else ()
        self.due[stage.id] = found.due if found else None
        return bool(found and found.waiting)

    def _read_on(self, resource: ResourceState, kinds: Iterable[type[Observation]]) -> ResourceState:
        """Read what another stage needs, and what is paused by now."""
        reading = self._reading(kinds, pauses=True)
        self.pauses = reading.pauses
        return resource.updated(reading.found)

    def _reading(
        self, kinds: Iterable[type[Observation]], finding: Finding | None = None, *, pauses: bool = False
    ) -> Reading:
        history, pending = self.execution.history, self.execution.pending
        more = further_read(self.request, history, kinds)
        provided = history.provided_with(pending)
        return read(self.ports, replace(more, provided=provided, finding=finding, pauses=pauses))

    def _give_back(self) -> None:
        """Record what is known, and let others act."""
        try:
            journal(self.ports, self.execution, ends=True)
        except Conflict:
            journal(self.ports, self.execution.surrendered())


def _held(pauses: Pauses, execution: Execution, now: datetime) -> PauseHeld | None:
    """Return what holds the changes of an execution. None if nothing does."""
    if not (pauses.active or pauses.unreadable):
        return None
    from ringfence.engine.paused import held  # most responses meet no pause

    return held(pauses, execution, now)
