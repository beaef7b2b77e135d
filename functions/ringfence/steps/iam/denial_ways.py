"""The ways to deny a principal, and which one is next. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.denial_names import inline_name, own_arn
from ringfence.observations.iam.reach import Reach, reach_of
from ringfence.steps.iam.boundaries import RestoreBoundary, SetDenyBoundary
from ringfence.steps.iam.denial import AttachDenial, DetachDenial, PutDenial, WithdrawDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


def next_way(principal: ResourceState, incident: Incident, reach: Reach) -> tuple[Step, ...]:
    """Return the steps of the way that was tried the least."""
    ways = tuple(_ways(principal[Denial], principal.ref, reach))
    return min(ways, key=lambda way: _tries(way, incident))


def boundary_prevents(principal: ResourceState, incident: Incident, reach: Reach) -> bool:
    """Return whether every other way failed and the existing boundary prevents the last one."""
    seen, ref = principal[Denial], principal.ref
    if not seen.boundary or reach.everything or seen.covers(reach, seen.own(ref, incident.past)):
        return False
    return all(_tries(way, incident) for way in _ways(seen, ref, reach))


def recorded_cut_offs(past: Iterable[Step]) -> tuple[datetime, ...]:
    """Return the times before which recorded steps deny sessions, without those undone since."""
    found: list[datetime] = []
    for step in past:
        if isinstance(step, DetachDenial | RestoreBoundary | WithdrawDenial):
            found.clear()
        elif isinstance(step, CreateDenialPolicy | PutDenial):
            reach = reach_of(step.after) or reach_of(step.after, boundary=True)
            found.extend([reach.before] if reach and reach.before else [])
    return tuple(found)


def _tries(way: tuple[Step, ...], incident: Incident) -> int:
    """Count how often a way was tried, by its last step. Another reach on the same policy is another try."""
    last = way[-1]
    same = (one for one in incident.past if type(one) is type(last) and one.target == last.target)
    return sum(1 for one in same if one.diff()[1] == last.diff()[1])


def _ways(seen: Denial, ref: Ref, reach: Reach) -> Iterator[tuple[Step, ...]]:
    """Yield an inline policy, an attached policy, and a boundary, each of this subject alone."""
    holder = seen.holder
    if holder is None:
        return
    text = reach.document()
    name = _name(seen, ref, reach)
    yield (PutDenial(holder, name, seen.document(name), text),)
    arn = own_arn(ref, holder, text)
    if seen.document(arn) in {"", text}:
        yield (*_create(seen, arn, text), AttachDenial(holder, arn, before=False, after=True))
    bounding = reach.document(boundary=True)
    arn = own_arn(ref, holder, bounding)
    # A boundary that allows everything else must not replace a stricter one.
    if (reach.everything or not seen.boundary) and seen.document(arn) in {"", bounding}:
        yield (*_create(seen, arn, bounding), SetDenyBoundary(holder, seen.boundary, arn))


def _name(seen: Denial, ref: Ref, reach: Reach) -> str:
    """Return the name of the inline policy. A denial that reaches others stays, and the new one is beside it.

    Anybody who may edit the policies of the user or role can write a denial under a name of ours.
    """
    name = inline_name(ref, reach)
    there = seen.document(name)
    known = reach_of(there)
    return name if known is None or reach.covers(known) else inline_name(ref, reach, beside=there)


def _create(seen: Denial, arn: str, text: str) -> Iterator[Step]:
    if not seen.document(arn):
        yield CreateDenialPolicy(arn, "", text)
