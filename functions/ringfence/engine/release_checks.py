"""What speaks against a release: other work, other incidents, and entries that nobody proved. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.outcomes import changes
from ringfence.model.errors import BadInput, Refused, Retryable
from ringfence.model.runbook import unique
from ringfence.record.facts import DecisionMade
from ringfence.record.seal import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.release import ResponseRelease
    from ringfence.engine.undo import Undo
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.history import History


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
    request: ResponseRelease,
    steps: tuple[Step, ...],
    observed: ResourceState,
    others: Mapping[str, History],
    now: datetime,
) -> tuple[Ref, ...]:
    """Return the other resources for which the same restriction as one of the steps was made.

    AWS can show it late, so the chains of the `others` tell of it too.
    """
    shown = (ref for step in steps for ref in step.also_held_by(request.ref, observed))
    recorded = (
        ref
        for step in steps
        for ref in step.may_be_shared_with(request.ref, observed)
        if any(step.restricts_same(one) for one in _standing(others.get(ref.key), now))
    )
    return unique((*shown, *recorded))


def other_refs(
    request: ResponseRelease, way: Undo, steps: tuple[Step, ...], observed: ResourceState
) -> tuple[Ref, ...]:
    """Return the other resources that a release would change, or that hold the same or may hold it."""
    changed = (step.affected_ref(request.ref) for step in way.steps)
    shown = (ref for step in steps for ref in step.also_held_by(request.ref, observed))
    possible = (ref for step in steps for ref in step.may_be_shared_with(request.ref, observed))
    found = {ref.key: ref for ref in (*changed, *shown, *possible) if ref.key != request.ref.key}
    return tuple(found.values())


def all_steps(way: Undo, history: History) -> tuple[Step, ...]:
    """Return the steps to undo and every recorded one.

    The steps that are left to undo do not tell of every other resource: a release that is repeated has undone
    its own denial before.
    """
    return unique((*way.steps, *history.steps()))


def _standing(history: History | None, now: datetime) -> tuple[Step, ...]:
    """Return the steps of another incident that it made or may have made, and has not certainly undone."""
    made = changes(history, now).made if history else ()
    last = {one.step.target: one for one in made if one.certain or not one.undoes}
    return tuple(one.step for one in last.values() if not one.undoes)


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
