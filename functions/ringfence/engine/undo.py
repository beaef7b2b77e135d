"""The inverse plan: the inverse of recorded steps that hold now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.engine.outcomes import Change, Changes
from ringfence.model.frozen import frozen
from ringfence.model.plan import digest_text, net_changes
from ringfence.model.runbook import unique
from ringfence.model.step import State
from ringfence.record.chain import digest
from ringfence.record.facts import RELEASE, Planned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@dataclass(frozen=True)
class Undo:
    """The plan of a release. `steps` are the inverse steps in order. The rest is in words.

    `unproved` names entries that are not proved to be Ringfence's.
    """

    steps: tuple[Step, ...]
    drifted: tuple[str, ...]
    settling: tuple[str, ...]
    kept: tuple[str, ...]
    unproved: tuple[str, ...] = ()

    @property
    def plan(self) -> Planned:
        """The fact to record."""
        words = (*self.unproved, *self.drifted, *self.kept)
        return Planned(RELEASE, digest(digest_text(self.steps)), self.steps, words)


def undo(applied: Iterable[Step], observed: ResourceState, gone: str = "") -> Undo:
    """Compute the inverse plan of steps that were all made and that AWS shows by now."""
    return undo_changes(Changes(tuple(map(Change, applied))), observed, gone)


def undo_changes(changes: Changes, observed: ResourceState, gone: str = "") -> Undo:
    """Compute the inverse plan from the recorded changes and the current state.

    What holds now is undone, also if no answer said that it was made. If the subject is `gone`, only what
    exists without it is restored.
    """
    steps: list[Step] = []
    drifted: list[str] = []
    settling: list[str] = []
    kept: list[str] = []
    readable = Readable(observed, gone)
    standing = _standing(changes, readable)
    for step in reversed(net_changes(standing)):
        if why := step.irreversible or readable.hindrance(step):
            kept.append(f"{step.describe()}: {why}")
            continue
        state = step.state(observed)
        if state is State.AFTER and (why := step.inverse().misfit()):
            kept.append(f"{step.target}: {why}, so a person must decide what to restore")
        elif state is State.AFTER:
            steps.append(step.located(observed).inverse())
        elif state is State.DRIFTED:
            before, after = step.diff()
            found = f"Ringfence set {after}, found {step.actual(observed)} (before Ringfence: {before})"
            drifted.append(f"{step.target}: {found}")
        elif state is State.SETTLING:
            settling.append(f"{step.target}: a change is not visible yet")
        elif state is State.GONE:
            kept.append(f"{step.target} does not exist")
        else:
            kept.append(f"{step.target}: it is {step.diff()[0]} again, because somebody has put it back")
    settling.extend(_not_visible(changes, readable))
    kept.extend(_of_others(changes, readable))
    return Undo(tuple(steps), tuple(drifted), unique(settling), tuple(kept))


@frozen
class Readable:
    """What was read for a release, and why the rest was not: the subject is `gone`."""

    observed: ResourceState
    gone: str = ""

    def hindrance(self, step: Step) -> str:
        """Return why a step cannot be undone, because its subject does not exist. Empty if it can."""
        readable = not self.gone or (step.survives_subject and step.observation in self.observed)
        return "" if readable else self.gone

    def shows(self, step: Step, state: State) -> bool:
        """Return whether a step was read, and is in this state."""
        return not self.hindrance(step) and step.state(self.observed) is state


def _standing(changes: Changes, readable: Readable) -> tuple[Step, ...]:
    """Return the steps of each target up to the last one that holds now.

    Nothing of a target remains if the last one belongs to a release. If none holds, return those that were
    certainly made: their target has another value, or is not visible.
    """
    last: dict[str, int] = {}
    for number, one in enumerate(changes.made):
        if not one.step.irreversible and readable.shows(one.step, State.AFTER):
            last[one.step.target] = number
    released = {target for target, number in last.items() if changes.made[number].undoes}
    standing = (
        one.step
        for number, one in enumerate(changes.made)
        if (one.certain and one.step.irreversible)
        or (
            one.step.target not in released
            and (number <= last[one.step.target] if one.step.target in last else one.certain)
        )
    )
    return _without_repetitions(standing)


def _without_repetitions(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Leave out a step that is the same as the previous one of its target: to repeat it changes nothing.

    Otherwise a step and an unanswered inverse would cancel out, and the repeated inverse would remain.
    """
    last: dict[str, Step] = {}
    kept: list[Step] = []
    for step in steps:
        if last.get(step.target) != step:
            kept.append(step)
        last[step.target] = step
    return tuple(kept)


def _not_visible(changes: Changes, readable: Readable) -> tuple[str, ...]:
    """Return the newest change of each target, if the look may be too early to show it.

    A change without a clear answer counts while it may be hidden: an earlier one of the same target can have
    been undone by somebody, and then repeated by this one.
    """
    made = (one for one in changes.made if not one.step.irreversible)
    newest = {one.step.target: one for one in made if one.certain or one.recent}
    return tuple(
        f"{one.step.target}: a change is not visible yet"
        for one in newest.values()
        if one.recent
        and not readable.hindrance(one.step)
        and one.step.state(readable.observed) is not State.AFTER
    )


def _of_others(changes: Changes, readable: Readable) -> tuple[str, ...]:
    """Return what Ringfence intended and did not make, and what holds all the same."""
    ours = {one.step.target for one in changes.made}
    return tuple(
        f"{step.target}: it is {step.diff()[1]}, but Ringfence did not set it"
        for step in dict.fromkeys(changes.others)
        if step.target not in ours and not step.irreversible and readable.shows(step, State.AFTER)
    )
