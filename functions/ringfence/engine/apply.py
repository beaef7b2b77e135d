"""Phase 5, apply: make the recorded changes, with a permit. No other code makes changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.errors import (
    AccessDenied,
    BadInput,
    InternalError,
    NotFound,
    OutcomeUnknown,
    Refused,
    Retryable,
    RingfenceError,
)
from ringfence.model.frozen import frozen
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.policy.decision import Permit
from ringfence.record.facts import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.ports import Ports
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol
    from ringfence.policy.decision import Decision
    from ringfence.record.facts import Intended


@frozen
class Changes:
    """The changes to make: recorded intents, their decision, and the time after which no change may start.

    `names` are the ids for symbols.
    """

    intents: Sequence[Intended]
    decision: Decision
    until: datetime
    names: Mapping[Symbol, str] = field(default_factory=dict)


@frozen
class Applied:
    """The execution with its outcomes, the ids for symbols, and an internal error, if any."""

    execution: Execution
    names: Mapping[Symbol, str]
    error: InternalError | None = None

    def check(self) -> None:
        """Raise the internal error after all other steps. It must not prevent containment."""
        if self.error:
            raise self.error


def apply(ports: Ports, execution: Execution, changes: Changes) -> Applied:
    """Make the recorded changes, one dependency level after the other. Their outcomes become pending.

    Raises Refused unless the decision allows changes.
    """
    permit = Permit.of(changes.decision, execution.ref, changes.until)
    recorded = {one.intent for _, one in execution.history.open_intents}
    by_step = {one.step: one for one in changes.intents if one.intent in recorded}
    names, outcomes = dict(changes.names), list[Outcome]()
    failed, errors = set[object](), list[InternalError]()
    levels = dependency_levels(by_step)
    for number, level in enumerate(levels, start=1):
        jobs = [_Job(ports, by_step[step], permit, names, frozenset(failed)) for step in level]
        ports.side_by_side([job.run for job in jobs])
        later = [step for level in levels[number:] for step in level]
        _look_between(execution.adding(outcomes), jobs, later)
        for job in jobs:
            if not job.holds:
                failed.update(job.intent.step.provides)
        names.update({symbol: name for job in jobs for symbol, name in job.provided.items()})
        outcomes.extend(job.outcome for job in jobs if job.outcome)
        errors.extend(job.error for job in jobs if job.error)
    return Applied(execution.adding(outcomes), names, next(iter(errors), None))


def _look_between(execution: Execution, jobs: Sequence[_Job], later: Sequence[Step]) -> None:
    """Read whether an unanswered change was made, if a later step needs it or sets the same target again.

    The later step needs not wait for the next execution then. After a step that sets the same target, no read
    can show it any more. If this read fails, the change stays unknown.
    """
    for job in jobs:
        if job.outcome is None and any(map(job.concerns, later)):
            job.look(execution)


@dataclass(eq=False, repr=False)
class _Job:
    """One step that is applied in its own thread. It raises no error that it can record.

    `outcome` is None if the result is unknown. The intent then stays open until a read shows it.
    `holds`: the value that the step sets was made or seen, so later steps can need it.
    """

    ports: Ports
    intent: Intended
    permit: Permit
    names: Mapping[Symbol, str]
    failed: frozenset[object]
    provided: dict[Symbol, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    error: InternalError | None = None
    holds: bool = False

    def run(self) -> None:
        step = self.intent.step
        if why := self._hindered():
            self._ends(Result.SKIPPED, why)
            return
        try:
            applied = self.ports.cloud.apply(self.permit.ref, step, self.names, self.permit)
        except NotFound as error:
            self._ends(Result.GONE, error.reason)
        except Refused as error:
            self._ends(Result.REFUSED, error.reason)
        except (BadInput, InternalError, Retryable) as error:
            self._failed(error)
        else:
            self.provided = dict(applied.provides)
            shown = tuple((symbol.key, name) for symbol, name in applied.provides.items())
            intent, requests = self.intent.intent, applied.requests
            self.outcome = Outcome(intent, Result.APPLIED, "call", applied.note, shown, requests)
            self.holds = True

    def concerns(self, later: Step) -> bool:
        """Return whether a later step needs this one, or sets the same target."""
        step = self.intent.step
        needed = {*later.requires, *later.runs_after}
        return later.target == step.target or not needed.isdisjoint(step.provides)

    def look(self, execution: Execution) -> None:
        """Record what a read proves of the change, as any later look would.

        Nobody can tell whose group appeared under the name of one whose creation was not answered.
        """
        step, history = self.intent.step, execution.history
        try:
            seen = self.ports.cloud.observe(self.permit.ref, (step.observation,), history.steps())
        except RingfenceError:
            return
        observed = seen.trusting(history.provided_with(), strict=True)
        if step.state(observed) is State.AFTER:
            from ringfence.engine.looks import Look  # an isolation with answers does not need it

            look = Look.of(history, execution.pending, observed, self.ports.clock())
            self.provided, self.holds = dict(observed.names()), True
            self.outcome, _ = look.at(self.intent)

    def _failed(self, error: BadInput | InternalError | Retryable) -> None:
        """Record a retryable failure. A best-effort step is abandoned instead.

        A change without an answer may have been made, so it has no outcome yet.
        """
        if isinstance(error, OutcomeUnknown):
            return
        if self.intent.step.best_effort:
            self._ends(Result.REFUSED, str(error))
            return
        self.error = error if isinstance(error, InternalError) else None
        self._ends(Result.DENIED if isinstance(error, AccessDenied) else Result.FAILED, str(error))

    def _hindered(self) -> str:
        missing = [symbol.key for symbol in self.intent.step.requires if symbol in self.failed]
        if missing:
            return f"a step that it needs failed: {', '.join(missing)}"
        ended = self.ports.clock() >= self.permit.until
        return "the lease ended before the step could start" if ended else ""

    def _ends(self, result: str, detail: str) -> None:
        self.outcome = Outcome(self.intent.intent, result, "call", detail[:1000])
