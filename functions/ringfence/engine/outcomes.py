"""What a chain and a look say about the outcomes of intents: made, not made, or not known yet. Pure.

AWS can show a change late. So a look that does not show it proves nothing until the change has had the time
to become visible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.looks import Look
from ringfence.engine.visibility import ANSWERED, LastTimes
from ringfence.model.frozen import frozen
from ringfence.record.facts import RELEASE, Intended, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


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
    look = Look.of(history, pending, observed, now)
    found, waiting, hidden, secondary = list[Outcome](), list[str](), list[str](), list[str]()
    due = list["datetime"]()
    for _, intended in reversed(history.open_intents):
        step = intended.step
        if intended.stage not in stages or step.observation not in observed or intended.intent in look.known:
            continue
        outcome, until = look.at(intended)
        if outcome:
            found.append(outcome)
            look = look.knowing(outcome)
            continue
        if until:
            due.append(min(until, now + step.visibility_delay))  # a living execution made it before its look
        ends = secondary if step.best_effort else hidden
        ends = waiting if until is None or not step.repeatable else ends
        ends.append(f"the result is not visible yet: {step.describe()}")
    first = min(due, default=None)
    return Resolution(tuple(reversed(found)), tuple(waiting), tuple(hidden), tuple(secondary), first)


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

    A look can still show the value before the change that the release undoes. An earlier release can have
    made the same step, and somebody undid that since.
    """
    facts = (*(fact for _, fact in execution.history.facts), *execution.pending)
    done = {one.intent for one in facts if isinstance(one, Outcome) and (one.result, one.by) == ANSWERED}
    newest = {one.step: one.intent for one in execution.history.of(Intended)}
    answered = {step for step, intent in newest.items() if intent in done}
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
