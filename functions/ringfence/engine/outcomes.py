"""What a chain and a look say about the outcomes of intents: made, not made, or not known yet. Pure.

AWS can show a change late. So a look that does not show it proves nothing until the change has had the time
to become visible. The same holds for a look that shows the value before an earlier change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.visibility import ANSWERED, LastTimes
from ringfence.model.frozen import frozen, replace
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State, Step
from ringfence.record.facts import RELEASE, Intended, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.model.observation import ResourceState
    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

SEEN = {
    State.AFTER: Result.APPLIED,
    State.BEFORE: Result.NOT_APPLIED,
    State.GONE: Result.GONE,
    State.DRIFTED: Result.DRIFTED,
}


@frozen
class Resolution:
    """The outcomes that a look shows, and in words what it does not show yet.

    `waiting`: the stage must wait for it. `hidden`: the change may be applied again, so nothing waits.
    `secondary`: the same for steps that are best effort, so that containment does not depend on it.
    `due`: the first time at which a look proves something that is not visible yet.
    """

    outcomes: tuple[Outcome, ...] = ()
    waiting: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    due: datetime | None = None

    @property
    def unclear(self) -> tuple[str, ...]:
        """Everything that is not visible yet."""
        return (*self.waiting, *self.hidden, *self.secondary)


@frozen
class Change:
    """A recorded step that Ringfence made or may have made.

    `certain`: it was made. `recent`: it may not be visible yet. `undoes`: a release made it.
    """

    step: Step
    certain: bool = True
    recent: bool = False
    undoes: bool = False


@frozen
class Changes:
    """The changes of an incident, in order. `others` are steps that Ringfence intended and did not make."""

    made: tuple[Change, ...]
    others: tuple[Step, ...] = ()


def resolve(
    history: History,
    pending: tuple[Outcome, ...],
    observed: ResourceState,
    stages: frozenset[str],
    now: datetime,
) -> Resolution:
    """Determine the outcomes of open intents of some stages from the observed state."""
    known = {**history.outcomes, **{one.intent: one for one in pending}}
    found, waiting, hidden, secondary = list[Outcome](), list[str](), list[str](), list[str]()
    due = list["datetime"]()
    open_ = [
        one
        for _, one in history.open_intents
        if one.stage in stages and one.step.observation in observed and one.intent not in known
    ]
    times = LastTimes.of(history if open_ else replace(history, entries=()))
    for intended in reversed(open_):
        step = intended.step
        state = step.state(observed)
        if other := _explained(history, known, intended, observed):
            words = f"no answer came, and {other} explains what is seen"
            outcome = Outcome(intended.intent, Result.UNKNOWN, by="observation", detail=words)
        elif state is State.SETTLING:
            outcome = None
        elif not (until := _may_lie(history, times, intended, state, now)):
            outcome = Outcome(intended.intent, SEEN[state], by="observation")
        else:
            outcome = None
            due.append(min(until, now + step.visibility_delay))  # a living execution made it before its look
        if outcome:
            found.append(outcome)
            known[intended.intent] = outcome
            continue
        ends = secondary if step.best_effort else hidden
        ends = waiting if state is State.SETTLING or not step.repeatable else ends
        ends.append(f"the result is not visible yet: {step.describe()}")
    first = min(due, default=None)
    return Resolution(tuple(reversed(found)), tuple(waiting), tuple(hidden), tuple(secondary), first)


def _explained(
    history: History, known: Mapping[str, Outcome], intended: Intended, observed: ResourceState
) -> str:
    """Return another applied intent that explains the value of the target. Empty if there is none.

    A later change replaced the value, or another change set the same value. No look can say any more whether
    this change was made. A log-only step is made by its record.
    """
    step = intended.step
    if isinstance(step, LogOnlyStep):
        return ""
    ours = [one for one in history.of(Intended) if one.step.target == step.target]
    number = ours.index(intended)
    applied = [one for one in ours if one.intent in known and known[one.intent].result == Result.APPLIED]
    if step.state(observed) is not State.AFTER:
        return next((one.intent for one in applied if one in ours[number:]), "")
    earlier = [one for one in applied if one in ours[:number]][-1:]
    later = [one for one in applied if one in ours[number:]]
    same = (one.intent for one in (*earlier, *later) if one.step.diff()[1] == step.diff()[1])
    return next(same, "")


def _may_lie(
    history: History, times: LastTimes, intended: Intended, state: State, now: datetime
) -> datetime | None:
    """Return until when a look may show the past: before this change, or before an earlier one that led away.

    None if it shows the present.
    """
    changes = [intended]
    if state is State.AFTER:
        all_of_them = history.of(Intended)
        earlier = all_of_them[: all_of_them.index(intended)]
        changes = [one for one in earlier if _leads_away(one.step, intended.step)]
    return max((times.shown_by(one) for one in changes if times.is_hidden(one, now)), default=None)


def _leads_away(earlier: Step, step: Step) -> bool:
    """Return whether the earlier step ended the state that this step sets."""
    same = earlier.target == step.target and not earlier.irreversible
    return same and earlier.inverse() == step


def ended(history: History, pending: Iterable[Fact], reason: str) -> tuple[Outcome, ...]:
    """Return outcomes for all open intents of a subject that does not exist, because nobody reads it now.

    What exists without the subject is unknown. A release still finds and undoes it.
    """
    known = {one.intent for one in pending if isinstance(one, Outcome)}
    return tuple(
        Outcome(
            one.intent, Result.UNKNOWN if one.step.survives_subject else Result.GONE, "observation", reason
        )
        for _, one in history.open_intents
        if one.intent not in known
    )


def changes(history: History, now: datetime) -> Changes:
    """Return what Ringfence changed in an incident.

    A change without an answer counts as made until a look proves that it was not. A change that the service
    refused, or that a look proved not made, does not count, even if somebody else made it since.
    """
    times = LastTimes.of(history)
    outcomes = {fact.intent: (entry, fact) for entry, fact in history.facts if isinstance(fact, Outcome)}
    made: list[Change] = []
    others: list[Step] = []
    for entry, intended in history.facts:
        if not isinstance(intended, Intended):
            continue
        step, known = intended.step, outcomes.get(intended.intent)
        applied = known is not None and known[1].result == Result.APPLIED
        if known and not applied and _is_proved(entry, step, *known):
            others.append(step)
            continue
        recent = times.is_hidden(intended, now)
        made.append(Change(step, certain=applied, recent=recent, undoes=intended.stage == RELEASE))
    return Changes(tuple(made), tuple(others))


def unanswered_recent(execution: Execution, steps: Iterable[Step], now: datetime) -> tuple[str, ...]:
    """Return in words which steps of a release were not made by an answered call, and may be seen too early.

    A look can still show the value before the change that the release undoes.
    """
    facts = (*(fact for _, fact in execution.history.facts), *execution.pending)
    done = {one.intent for one in facts if isinstance(one, Outcome) and (one.result, one.by) == ANSWERED}
    answered = {one.step for one in execution.history.of(Intended) if one.intent in done}
    made = changes(execution.history, now).made
    recent = {one.step.target for one in made if one.recent and not one.undoes}
    return tuple(
        f"the result is not visible yet: {step.describe()}"
        for step in steps
        if step.target in recent and step not in answered
    )


def _is_proved(intended: Entry, step: Step, entry: Entry, outcome: Outcome) -> bool:
    """Return whether an outcome other than `applied` proves that the change was not made.

    A look that was taken too early proves nothing. Older versions recorded such looks.
    """
    if outcome.by != "observation":
        return True
    return outcome.result == Result.NOT_APPLIED and entry.at >= intended.at + step.visibility_delay
