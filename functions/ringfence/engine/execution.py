"""One execution on one subject: what it knows of its chain, and what it has yet to write. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Intended, Outcome, Result, RunRequested

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@frozen
class Execution:
    """Who acts on what, and how far it has come.

    `pending` are facts that the next append writes: outcomes wait for the next stage's boundary. `holds`
    says whether it holds the lease; where the lease was `lost`, only outcomes are still written.
    """

    key: ChainKey
    ref: Ref
    incident: str
    actor: str
    attempt: str
    history: History
    pending: tuple[Fact, ...] = ()
    holds: bool = False
    lost: bool = False

    @classmethod
    def of(cls, request: ResponseRequest, start: IncidentStart) -> Execution:
        """Begin at the start of an incident."""
        key = ChainKey(request.runbook.id, request.ref.key)
        return cls(key, request.ref, start.incident, request.actor, request.attempt, start.history)

    def adding(self, facts: Iterable[Fact]) -> Execution:
        """Return it with facts that are yet to be written."""
        return replace(self, pending=(*self.pending, *facts))

    def surrendered(self) -> Execution:
        """Return what it may still write once somebody else acts: outcomes of its own changes."""
        return replace(self, lost=True) if self.holds else replace(self, pending=())

    def intents(self, stage: str, steps: Sequence[Step]) -> tuple[Intended, ...]:
        """Name the changes that are about to be made, in their order: an undo folds them in it.

        No two of an incident bear one name, also where an execution begins again on intents of its own.
        """
        first = [one.intent.rpartition(".")[0] for one in self.history.of(Intended)].count(self.attempt)
        in_order = (step for wave in dependency_levels(steps) for step in wave)
        return tuple(
            Intended(f"{self.attempt}.{first + number}", stage, step) for number, step in enumerate(in_order)
        )

    def ended(self, *results: str) -> dict[str, str]:
        """Return, by target, the steps whose last try ended so, and why.

        What a person asks for is tried once more: they may have removed what stood in the way.
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

    def allowed(self, steps: Iterable[Step], *, containing: bool) -> tuple[Step, ...]:
        """Leave out what was refused for good; containment is never given up on."""
        refused = self.ended(Result.REFUSED)
        return tuple(
            step for step in steps if step.target not in refused or (containing and not step.best_effort)
        )

    def resolve(
        self, observed: ResourceState, stages: Iterable[str], now: datetime
    ) -> tuple[Execution, tuple[str, ...]]:
        """Find out by looking what became of intents with an unknown outcome.

        Returns also what cannot be told yet, in words: look again.
        """
        wanted, unclear, found = frozenset(stages), [], []
        known = {one.intent for one in self.pending if isinstance(one, Outcome)}
        for entry, intended in self.history.open_intents:
            step = intended.step
            if intended.stage not in wanted or step.observation not in observed or intended.intent in known:
                continue
            state = step.state(observed)
            if state is State.SETTLING or (state is State.BEFORE and now < entry.at + step.visibility_delay):
                unclear.append(f"the result is not visible yet: {step.describe()}")
                continue
            found.append(Outcome(intended.intent, _SEEN[state], by="observation"))
        return self.adding(found), tuple(unclear)


def _aim(step: Step) -> tuple[str, str]:
    """What a step changes, and to what: one target may be changed twice on its way."""
    return step.target, step.diff()[1]


_SEEN = {
    State.AFTER: Result.APPLIED,
    State.BEFORE: Result.NOT_APPLIED,
    State.GONE: Result.GONE,
    State.DRIFTED: Result.DRIFTED,
}
