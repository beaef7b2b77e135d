"""One execution on one subject: the only writer of its facts, and the only place where steps are applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.errors import (
    AccessDenied,
    BadInput,
    Conflict,
    InternalError,
    NotFound,
    OutcomeUnknown,
    Refused,
    Retryable,
)
from ringfence.model.frozen import frozen
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.policy.permit import Permit
from ringfence.record.chain import Lease, Stamp, link
from ringfence.record.facts import (
    Closed,
    FindingReceived,
    Intended,
    Outcome,
    Released,
    Result,
    RunRequested,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ringfence.engine.ports import AuditLog, Clock, Cloud, SideBySide
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol
    from ringfence.policy.decision import Decision
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

REBASES = 8
"""How often an append is tried on a chain that others write to."""


@frozen
class Ports:
    """The outside world."""

    cloud: Cloud
    log: AuditLog
    clock: Clock
    side_by_side: SideBySide


@dataclass
class Execution:
    """Appends facts to one response's chain and applies its steps.

    `pending` are facts that the next append writes: outcomes wait for the next stage's boundary.
    """

    ports: Ports
    key: ChainKey
    ref: Ref
    incident: str
    actor: str
    attempt: str
    history: History
    pending: list[Fact] = field(default_factory=list)
    names: dict[Symbol, str] = field(default_factory=dict)
    holds: bool = False

    def take(self, facts: Iterable[Fact], until: datetime) -> None:
        """Append, and take the lease in the same transaction if it is not held yet."""
        lease = None if self.holds else Lease(self.attempt, until, self.incident)
        self.append(facts, lease)
        self.holds = True

    def finish(self, facts: Iterable[Fact] = (), otherwise: Lease | None = None) -> None:
        """Append, and give the lease back if it is held; `otherwise` is written if it is not."""
        self.append(facts, Lease("", None, self.incident) if self.holds else otherwise)
        self.holds = False

    def append(self, facts: Iterable[Fact] = (), lease: Lease | None = None) -> None:
        """Write the pending facts and these, in one transaction.

        On a conflict the chain is read again. Facts are put behind what others added, as long as nobody
        else has acted since; otherwise raises Conflict, and nothing of this was written.
        """
        self.pending.extend(facts)
        if not self.pending and lease is None:
            return
        for _ in range(REBASES):
            entries = self._link()
            try:
                self.ports.log.append(self.key, self.history, entries, lease)
            except Conflict:
                self._rebase()
            else:
                self._written(entries, lease)
                return
        raise Conflict(f"{self.key.text} is written to by others: tried {REBASES} times")

    def _link(self) -> tuple[Entry, ...]:
        stamp = Stamp(self.key, self.incident, self.actor, self.attempt, self.ports.clock())
        return link(
            stamp, self.history.head if self.history.incident == self.incident else None, self.pending
        )

    def _written(self, entries: tuple[Entry, ...], lease: Lease | None) -> None:
        before = self.history.entries if self.history.incident == self.incident else ()
        self.history = type(self.history)((*before, *entries), self.history.lease if lease is None else lease)
        self.pending.clear()

    def _rebase(self) -> None:
        fresh = self.ports.log.read(self.key)
        if fresh.lease != self.history.lease or fresh.incident != self.history.incident:
            raise Conflict(f"another execution took the lease on {self.key.text}")
        added = (fact for _, fact in fresh.facts[len(self.history.entries) :])
        if not self.holds and any(isinstance(fact, Intended | Released | Closed) for fact in added):
            raise Conflict(f"another execution acted on {self.key.text}, and gave the lease back")
        self.history = fresh
        known = fresh.outcomes
        self.pending = [
            one
            for one in self.pending
            if not (isinstance(one, Outcome) and one.intent in known)
            and not (isinstance(one, FindingReceived) and fresh.knows(one))
        ]

    def surrender(self) -> None:
        """Write what is known after the lease was lost: outcomes are facts whoever acts now."""
        if not self.holds:
            return
        for _ in range(REBASES):
            self.history = self.ports.log.read(self.key)
            known = self.history.outcomes
            intended = {one.intent for one in self.history.of(Intended)}
            self.pending = [
                one
                for one in self.pending
                if isinstance(one, Outcome) and one.intent in intended and one.intent not in known
            ]
            if not self.pending:
                return
            entries = self._link()
            try:
                self.ports.log.append(self.key, self.history, entries, None)
            except Conflict:
                continue
            self._written(entries, None)
            return

    def intend(self, stage: str, steps: Sequence[Step]) -> tuple[Intended, ...]:
        """Name the changes that are about to be made, in their order: an undo folds them in it.

        No two of an incident bear one name, also where an execution begins anew on intents of its own.
        """
        first = [one.intent.rpartition(".")[0] for one in self.history.of(Intended)].count(self.attempt)
        in_order = (step for wave in dependency_levels(steps) for step in wave)
        return tuple(
            Intended(f"{self.attempt}.{first + number}", stage, step) for number, step in enumerate(in_order)
        )

    def apply(self, intents: Sequence[Intended], decision: Decision, until: datetime) -> None:
        """Make the recorded changes, wave by wave; their outcomes become pending.

        This is the one place where anything is changed: raises Refused unless the decision allows it.
        Raises InternalError at the end, after every other step: what contradicts itself does not keep a
        subject from being contained.
        """
        permit = Permit.of(decision, self.ref, until)
        recorded = {one.intent for _, one in self.history.open_intents}
        by_step = {one.step: one for one in intents if one.intent in recorded}
        failed: set[Symbol] = set()
        bugs: list[InternalError] = []
        for wave in dependency_levels(by_step):
            jobs = [_Job(self, by_step[step], permit, frozenset(failed)) for step in wave]
            results = self.ports.side_by_side([job.run for job in jobs])
            for job, outcome in zip(jobs, results, strict=True):
                if not isinstance(outcome, Outcome | None):
                    raise TypeError("a job ends with an outcome")
                if outcome:
                    self.pending.append(outcome)
                if outcome is None or outcome.result != Result.APPLIED:
                    failed.update(job.intent.step.provides)
                else:
                    self.names.update(job.provided)
            bugs.extend(job.bug for job in jobs if job.bug)
        if bugs:
            raise bugs[0]

    def refused(self) -> dict[str, str]:
        """Return, by target, what was refused for good, and why."""
        return self.ended(Result.REFUSED)

    def ended(self, *results: str) -> dict[str, str]:
        """Return, by target, the steps whose last try ended so, and why.

        What a person asks for is tried once more: they may have put right what stood in the way.
        """
        facts = [*(fact for _, fact in self.history.facts), *self.pending]
        asked = [
            number for number, one in enumerate(facts) if isinstance(one, RunRequested) and not one.dry_run
        ]
        outcomes = {one.intent: one for one in facts if isinstance(one, Outcome)}
        since = [one for one in facts[asked[-1] if asked else 0 :] if isinstance(one, Intended)]
        ended = [(one.step, outcomes.get(one.intent)) for one in since]
        last = {_aim(step): (step, outcome) for step, outcome in ended if outcome}
        return {
            step.target: f"{step.describe()}: {outcome.detail}"
            for step, outcome in last.values()
            if outcome.result in results
        }

    def resolve(self, observed: ResourceState, stages: Iterable[str]) -> tuple[str, ...]:
        """Find out by looking what became of intents with an unknown outcome.

        Returns what cannot be told yet, in words: look again.
        """
        wanted, unclear = frozenset(stages), []
        known = {one.intent for one in self.pending if isinstance(one, Outcome)}
        now = self.ports.clock()
        for entry, intended in self.history.open_intents:
            step = intended.step
            if intended.stage not in wanted or step.observation not in observed or intended.intent in known:
                continue
            state = step.state(observed)
            if state is State.SETTLING or (state is State.BEFORE and now < entry.at + step.visibility_delay):
                unclear.append(f"whether it was done is not to be seen yet: {step.describe()}")
                continue
            self.pending.append(Outcome(intended.intent, _SEEN[state], by="observation"))
        return tuple(unclear)


def _aim(step: Step) -> tuple[str, str]:
    """What a step changes, and to what: one target may be changed twice on its way."""
    return step.target, step.diff()[1]


_SEEN = {
    State.AFTER: Result.APPLIED,
    State.BEFORE: Result.NOT_APPLIED,
    State.GONE: Result.GONE,
    State.DRIFTED: Result.DRIFTED,
}


@dataclass
class _Job:
    """One step being applied in a thread of its own; it never raises for what it can record."""

    execution: Execution
    intent: Intended
    permit: Permit
    failed: frozenset[Symbol]
    provided: dict[Symbol, str] = field(default_factory=dict)
    bug: InternalError | None = None

    def run(self) -> Outcome | None:
        """Take the step; none where nobody knows what became of it: the intent stays open until a look."""
        step, ports = self.intent.step, self.execution.ports
        if why := self._hindered():
            return self._outcome(Result.SKIPPED, why)
        try:
            applied = ports.cloud.apply(self.execution.ref, step, self.execution.names, self.permit)
        except NotFound as error:
            return self._outcome(Result.GONE, error.reason)
        except Refused as error:
            return self._outcome(Result.REFUSED, error.reason)
        except (BadInput, InternalError, Retryable) as error:
            if isinstance(error, OutcomeUnknown) and not step.best_effort:
                return None
            if isinstance(error, InternalError) and not step.best_effort:
                self.bug = error
            missed = Result.DENIED if isinstance(error, AccessDenied) else Result.FAILED
            return self._outcome(Result.REFUSED if step.best_effort else missed, str(error))
        self.provided = dict(applied.provides)
        shown = tuple((symbol.key, name) for symbol, name in applied.provides.items())
        return Outcome(self.intent.intent, Result.APPLIED, "call", applied.note, shown, applied.requests)

    def _hindered(self) -> str:
        missing = [symbol.key for symbol in self.intent.step.requires if symbol in self.failed]
        if missing:
            return f"it needs {', '.join(missing)}, which failed"
        ended = self.execution.ports.clock() >= self.permit.until
        return "the lease ended before it could start" if ended else ""

    def _outcome(self, result: str, detail: str) -> Outcome:
        return Outcome(self.intent.intent, result, "call", detail[:1000])
