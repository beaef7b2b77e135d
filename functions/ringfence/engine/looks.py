"""What one look says about one intent: made, not made, unknown, or not known yet. Pure.

AWS can show a change late. So a look that does not show it proves nothing until the change has had the time
to become visible. The same holds for a look that shows the value before an earlier change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.visibility import LastTimes
from ringfence.model.frozen import frozen, replace
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State, Step
from ringfence.record.facts import Intended, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.model.observation import ResourceState
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

_SEEN = {
    State.AFTER: Result.APPLIED,
    State.BEFORE: Result.NOT_APPLIED,
    State.GONE: Result.GONE,
    State.DRIFTED: Result.DRIFTED,
}
_MADE, _PERHAPS = (Result.APPLIED,), (Result.APPLIED, Result.UNKNOWN)


@frozen
class Look:
    """What was seen at a time, beside the chain and the outcomes that are `known` by then."""

    history: History
    known: Mapping[str, Outcome]
    times: LastTimes
    observed: ResourceState
    now: datetime

    @classmethod
    def of(cls, history: History, pending: Iterable[Fact], observed: ResourceState, now: datetime) -> Look:
        """Look with a chain and the outcomes that are not recorded yet."""
        known = {**history.outcomes, **{one.intent: one for one in pending if isinstance(one, Outcome)}}
        times = LastTimes.of(history if history.open_intents else replace(history, entries=()))
        return cls(history, known, times, observed, now)

    def knowing(self, outcome: Outcome) -> Look:
        """Return it with one more known outcome."""
        return replace(self, known={**self.known, outcome.intent: outcome})

    def at(self, intended: Intended) -> tuple[Outcome | None, datetime | None]:
        """Return the outcome that the look shows, or else from when on a look proves something.

        Neither of the two while AWS still works on the change.
        """
        state = intended.step.state(self.observed)
        if other := self._explained(intended, state):
            words = f"no answer came, and {other} explains what is seen"
            return Outcome(intended.intent, Result.UNKNOWN, by="observation", detail=words), None
        if state is State.SETTLING:
            return None, None
        if until := self._may_lie(intended, state):
            return None, until
        return Outcome(intended.intent, _SEEN[state], by="observation"), None

    def _explained(self, intended: Intended, state: State) -> str:
        """Return another intent that explains the value of the target. Empty if there is none.

        A later change replaced the value, or another change set what is seen. No look can say any more
        whether this change was made. A log-only step is made by its record.
        """
        step = intended.step
        if isinstance(step, LogOnlyStep):
            return ""
        ours = [one for one in self.history.of(Intended) if one.step.target == step.target]
        number = ours.index(intended)
        earlier, later = ours[:number], ours[number + 1 :]
        if state is State.AFTER:
            others = (*self._with(earlier, _MADE)[-1:], *self._with(later, _MADE))
            return next((one.intent for one in others if one.step.diff()[1] == step.diff()[1]), "")
        if replaced := self._with(later, _MADE):
            return replaced[0].intent
        others = {State.BEFORE: tuple(later), State.DRIFTED: (*earlier, *later)}.get(state, ())
        return next((one.intent for one in self._with(others, _PERHAPS)[::-1] if self._shows(one)), "")

    def _with(self, intents: Iterable[Intended], results: tuple[str, ...]) -> tuple[Intended, ...]:
        return tuple(
            one for one in intents if one.intent in self.known and self.known[one.intent].result in results
        )

    def _shows(self, intended: Intended) -> bool:
        """Return whether the value that is seen is the one that this change sets."""
        step = intended.step
        return step.observation in self.observed and step.state(self.observed) is State.AFTER

    def _may_lie(self, intended: Intended, state: State) -> datetime | None:
        """Return until when the look may show the past: before this change, or before one that led away.

        None if it shows the present.
        """
        changes = [intended]
        if state is State.AFTER:
            all_of_them = self.history.of(Intended)
            earlier = all_of_them[: all_of_them.index(intended)]
            changes = [one for one in earlier if _leads_away(one.step, intended.step)]
        hidden = (self.times.shown_by(one) for one in changes if self.times.is_hidden(one, self.now))
        return max(hidden, default=None)


def _leads_away(earlier: Step, step: Step) -> bool:
    """Return whether the earlier step ended the state that this step sets."""
    same = earlier.target == step.target and not earlier.irreversible
    return same and earlier.inverse() == step
