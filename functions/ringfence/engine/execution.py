"""One execution on one subject: its chain and the facts to write. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.model.plan import dependency_levels
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Intended, Outcome, Result, RunRequested

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.outcomes import Resolution
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@frozen
class Execution:
    """The state of an execution.

    `pending` are facts for the next append. Outcomes wait for the end of their stage. `holds`: it holds the
    lease. `lost`: it lost the lease and writes only outcomes.
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
        """Create it at the start of an incident."""
        key = ChainKey(request.runbook.id, request.ref.key)
        return cls(key, request.ref, start.incident, request.actor, request.attempt, start.history)

    def adding(self, facts: Iterable[Fact]) -> Execution:
        """Return it with additional pending facts."""
        return replace(self, pending=(*self.pending, *facts))

    def surrendered(self) -> Execution:
        """Return it limited to what it may write after another execution took over: its own outcomes."""
        return replace(self, lost=True) if self.holds else replace(self, pending=())

    def intents(self, stage: str, steps: Sequence[Step]) -> tuple[Intended, ...]:
        """Name the intents in their order. A release uses this order.

        Two intents of an incident never have the same name, even if an execution starts again after its own
        intents.
        """
        first = [one.intent.rpartition(".")[0] for one in self.history.of(Intended)].count(self.attempt)
        in_order = (step for wave in dependency_levels(steps) for step in wave)
        return tuple(
            Intended(f"{self.attempt}.{first + number}", stage, step) for number, step in enumerate(in_order)
        )

    def ended(self, *results: str) -> dict[str, str]:
        """Return, by target, the steps whose last attempt had this result, and the reason.

        A request by a person retries them, because the person may have removed the cause.
        """
        facts = [*(fact for _, fact in self.history.facts), *self.pending]
        asked = [
            number for number, one in enumerate(facts) if isinstance(one, RunRequested) and not one.dry_run
        ]
        outcomes = {one.intent: one for one in facts if isinstance(one, Outcome)}
        if all(one.result not in results for one in outcomes.values()):
            return {}
        since = [one for one in facts[asked[-1] if asked else 0 :] if isinstance(one, Intended)]
        ended = [(one.step, outcomes.get(one.intent)) for one in since]
        last = {_aim(step): (step, outcome) for step, outcome in ended if outcome}
        return {
            step.target: f"{step.describe()}: {outcome.detail}"
            for step, outcome in last.values()
            if outcome.result in results
        }

    def allowed(self, steps: Iterable[Step], *, containing: bool) -> tuple[Step, ...]:
        """Leave out permanently refused steps. Containment is never abandoned."""
        refused = self.ended(Result.REFUSED)
        return tuple(
            step for step in steps if step.target not in refused or (containing and not step.best_effort)
        )

    def resolve(
        self, observed: ResourceState, stages: Iterable[str], now: datetime
    ) -> tuple[Execution, Resolution | None]:
        """Determine the outcomes of open intents from the observed state.

        Also returns what is not visible yet. None if no intent is open.
        """
        if not self.history.open_intents:
            return self, None
        from ringfence.engine.outcomes import resolve  # a first isolation has no open intents

        known = tuple(one for one in self.pending if isinstance(one, Outcome))
        found = resolve(self.history, known, observed, frozenset(stages), now)
        return self.adding(found.outcomes), found


def _aim(step: Step) -> tuple[str, str]:
    """The target of a step and its new value. A plan can change one target twice."""
    return step.target, step.diff()[1]
