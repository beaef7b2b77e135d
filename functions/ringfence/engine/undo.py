"""The inverse plan: the inverse of recorded steps, and what a release may apply of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringfence.engine.outcomes import Change, Changes
from ringfence.engine.plan_binding import difference, plan_changed, started_plan
from ringfence.engine.verification import Conclusion
from ringfence.engine.void_leases import voided
from ringfence.model.errors import BadInput, Drifted, Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.plan import digest_text, net_changes
from ringfence.model.runbook import unique
from ringfence.model.step import State
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.chain import digest
from ringfence.record.facts import (
    RELEASE,
    DecisionMade,
    Intended,
    Planned,
    Released,
    Result,
    UnsealedAccepted,
    Verified,
)
from ringfence.record.seal import places
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.release import ResponseRelease
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


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


@frozen
class Look:
    """What was read. `gone`: why only what exists without the subject was read. Empty if it exists."""

    observed: ResourceState
    gone: str = ""


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
            drifted.append(f"{step.target}: Ringfence set {step.diff()[1]}, found {step.actual(observed)}")
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


def check_release(request: ResponseRelease, history: History, now: datetime) -> None:
    """Raise BadInput or Retryable if the incident cannot be released now. Name whose work is in the way."""
    if history.incident != request.incident:
        newest = f"{history.incident} (opened by {history.entries[0].actor})" if history.entries else "none"
        raise BadInput(
            "incident",
            f"must be the newest incident of {request.ref.key}, which is {newest}",
            request.incident,
        )
    lease = history.lease
    if lease.held(now, request.attempt):
        actors = [one.actor for one in history.entries if one.attempt == lease.owner]
        actor = actors[-1] if actors else "another execution"
        raise Retryable(
            f"{actor} acts on {request.ref.key} for {lease.incident or history.incident} until {lease.until}"
        )


def also_held(
    request: ResponseRelease, way: Undo, history: History, observed: ResourceState
) -> tuple[Ref, ...]:
    """Return the other resources for which the same restriction was made.

    Every recorded step tells of them. The steps that are left to undo do not: a release that is repeated has
    undone its own denial before.
    """
    steps = (*way.steps, *history.steps())
    return unique(ref for step in steps for ref in step.also_held_by(request.ref, observed))


def check_sealed(request: ResponseRelease, history: History) -> None:
    """Raise Refused if nobody can prove who wrote some entries, unless a person insists on the release."""
    unproved = history.proof.unproved
    if unproved and not request.request.despite_unsealed:
        raise Refused(
            f"{_unsealed_words(history)}: nobody can prove who wrote that. Nothing was done. Check "
            f"`ringfence incidents show {request.incident}`, and release it with --despite-unsealed if "
            "Ringfence made these changes"
        )


def with_unsealed(way: Undo, history: History) -> Undo:
    """Name the entries whose origin is not proved in the plan that a person confirms."""
    return replace(way, unproved=(_unsealed_words(history),)) if history.proof.unproved else way


def _unsealed_words(history: History) -> str:
    proof, words = history.proof, []
    for numbers, what in ((proof.unsealed, "not sealed"), (proof.unchecked, "sealed with a missing key")):
        if numbers:
            one = len(numbers) == 1
            words.append(f"{'entry' if one else 'entries'} {places(numbers)} {'is' if one else 'are'} {what}")
    return f"{' and '.join(words)}" + (f" ({proof.missing})" if proof.unchecked else "")


def without_held(
    request: ResponseRelease, way: Undo, others: Mapping[str, History], held_for: Iterable[Ref]
) -> Undo:
    """Leave values that an incident of the owning resource holds, like values that were changed since.

    Other incidents can have made the same restriction for other resources. A release leaves theirs and says
    so, because the value does not become what it was.
    """
    also = unique(filter(None, (_open_incident(request, ref, others) for ref in held_for)))
    holders = [(step, _holder(request, step, others, also)) for step in way.steps]
    held = tuple(
        f"{step.target}: another incident holds it: {holder} first" for step, holder in holders if holder
    )
    return replace(
        way,
        steps=tuple(step for step, holder in holders if not holder),
        drifted=(*way.drifted, *held),
        kept=(*way.kept, *(f"another incident keeps a denial: {one} to end it too" for one in also)),
    )


def _holder(
    request: ResponseRelease, step: Step, others: Mapping[str, History], also: tuple[str, ...]
) -> str:
    """Return another open incident that may act on what the step changes. Empty if there is none."""
    holder = _open_incident(request, step.affected_ref(request.ref), others)
    return holder or next((one for one in also if step.is_shared(request.ref)), "")


def _open_incident(request: ResponseRelease, ref: Ref, others: Mapping[str, History]) -> str:
    """Return how to release the open incident of another resource. Empty if it has none that may act."""
    known = others.get(ref.key)
    if known is None or known.released_at is not None or known.incident == request.incident:
        return ""
    acts = any(made.decision.mode.changes for made in known.of(DecisionMade))
    if not acts:
        return ""
    return f"release {known.incident} on {ref.key}, opened by {known.entries[0].actor},"


@frozen
class ReleaseMove:
    """The decision about a release. `refusal` is raised after it is recorded."""

    facts: tuple[Fact, ...]
    decision: Decision
    refusal: str = ""


def next_release(
    request: ResponseRelease, history: History, way: Undo, now: datetime, covered: str = ""
) -> ReleaseMove:
    """Decide about a release. Raises Refused for drift, and Retryable while something settles.

    A released incident can be released again if anything that it changed holds. `covered` is the checkpoint
    of the transparency log that covers the entries, if they are not sealed.
    """
    if way.settling:
        raise Retryable("; ".join(way.settling))
    if history.released_at is not None and not way.steps:
        raise Refused(f"{request.incident} was released at {history.released_at.isoformat()}")
    if way.drifted and not request.skip_drifted:
        raise Drifted("somebody has changed values since, so nothing was undone: " + "; ".join(way.drifted))
    asked, plan, refusal = request.request, way.plan, ""
    if request.plans is not None and not asked.dry_run:
        started = started_plan(history, request.actor, request.plans)
        agreed = plan.digest if plan.digest in request.plans else started
        asked = replace(asked, plan=agreed, dry_run=not agreed)
        refusal = "" if agreed else difference(history, request.plans, plan)
    mode = Mode.DRY_RUN if asked.dry_run else Mode.AUTO
    decision = Decision(mode, f"release requested by {request.actor}", code=DecisionCode.REQUESTED)
    if refusal:
        decision = plan_changed()
    unproved = history.proof.unproved
    accepts = unproved and asked.despite_unsealed and not asked.dry_run
    accepted = (UnsealedAccepted(unproved, asked.reason, covered),) if accepts else ()
    decided = DecisionMade(decision, history.opened_at or now)
    return ReleaseMove((*voided(history), *accepted, asked, decided, plan), decision, refusal)


def by_stage(history: History, intents: tuple[Intended, ...]) -> list[list[Intended]]:
    """Group the steps by their stage, the last stage first, so that the network opens last."""
    made = {one.step.target: one.stage for one in history.of(Intended) if one.stage != RELEASE}
    stages = list(dict.fromkeys(made.values()))
    groups: list[list[Intended]] = [[] for _ in stages]
    for intended in intents:
        groups[stages.index(made[intended.step.target])].append(intended)
    return [group for group in reversed(groups) if group]


def verify_release(
    way: Undo, before: Look, after: Look, execution: Execution, unclear: tuple[str, ...]
) -> Conclusion:
    """Return the result of a release. No change of the response may remain, and both reads must agree."""
    observed, refused = after.observed, execution.ended(Result.REFUSED, Result.GONE)
    pending = tuple(
        step.describe()
        for step in way.steps
        if step.target not in refused
        and step.observation in observed
        and step.state(observed) is not State.AFTER
    )
    unsure = (
        (f"one read found {execution.ref.key}, another read did not",) if before.gone != after.gone else ()
    )
    again = (*pending, *unclear, *observed.settling(), *unsure)
    if again:
        verified = Verified(contained=False, complete=False, remaining=pending, settling=again)
        return Conclusion(IncidentStatus.OPEN, "verified", (verified,), verified, again)
    skipped = (*way.drifted, *way.kept, *refused.values())
    return Conclusion(IncidentStatus.RELEASED, "verified: the changes are undone", (Released(skipped),))
