"""The inverse plan: what leads back from recorded steps, and what a release may do of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringfence.engine.plan_binding import difference, plan_changed, started_plan
from ringfence.engine.verification import Conclusion
from ringfence.model.errors import BadInput, Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.plan import digest_text, net_changes
from ringfence.model.step import State
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.chain import digest
from ringfence.record.facts import RELEASE, DecisionMade, Intended, Planned, Released, Result, Verified
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.requests import ResponseRelease
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@dataclass(frozen=True)
class Undo:
    """What a release would do. `steps` lead back, in order; the rest is said in words."""

    steps: tuple[Step, ...]
    drifted: tuple[str, ...]
    settling: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def plan(self) -> Planned:
        """What is recorded of it."""
        return Planned(RELEASE, digest(digest_text(self.steps)), self.steps, (*self.drifted, *self.kept))


@frozen
class Look:
    """What was seen. `gone` says why nothing but what outlives the subject was; empty where it is there."""

    observed: ResourceState
    gone: str = ""


def undo(applied: Iterable[Step], observed: ResourceState, gone: str = "") -> Undo:
    """Work out the way back from the recorded steps and the world as it is.

    Where the subject is `gone`, what outlives it is put back, and the rest is kept as it is.
    """
    steps: list[Step] = []
    drifted: list[str] = []
    settling: list[str] = []
    kept: list[str] = []
    for step in reversed(net_changes(applied)):
        if step.irreversible:
            kept.append(f"{step.describe()}: {step.irreversible}")
            continue
        if gone and not (step.survives_subject and step.observation in observed):
            kept.append(f"{step.describe()}: {gone}")
            continue
        state = step.state(observed)
        if state is State.AFTER:
            steps.append(step.inverse())
        elif state is State.DRIFTED:
            drifted.append(f"{step.target}: Ringfence set {step.diff()[1]}, found {step.actual(observed)}")
        elif state is State.SETTLING:
            settling.append(f"{step.target} is still settling")
        elif state is State.GONE:
            kept.append(f"{step.target} does not exist")
    return Undo(tuple(steps), tuple(drifted), tuple(settling), tuple(kept))


def check_release(request: ResponseRelease, history: History, now: datetime) -> None:
    """Raise BadInput, Refused or Retryable where the incident cannot be released now."""
    if history.incident != request.incident:
        newest = history.incident or "none"
        raise BadInput(
            "incident",
            f"must be the newest incident of {request.ref.key}, which is {newest}",
            request.incident,
        )
    if history.released_at is not None:
        raise Refused(f"{request.incident} was released at {history.released_at.isoformat()}")
    if history.lease.held(now, request.attempt):
        raise Retryable(f"another execution acts on {request.ref.key} until {history.lease.until}")


def without_held(request: ResponseRelease, way: Undo, others: Mapping[str, History]) -> Undo:
    """Leave what another incident of the resource that it belongs to holds, as what has changed since."""
    holders = [(step, _holder(request, step, others)) for step in way.steps]
    held = tuple(f"{step.target}: held by {holder}" for step, holder in holders if holder)
    return replace(
        way,
        steps=tuple(step for step, holder in holders if not holder),
        drifted=(*way.drifted, *held),
    )


def _holder(request: ResponseRelease, step: Step, others: Mapping[str, History]) -> str:
    """Name another incident that may act, and was not released, on what the step changes; else empty."""
    ref = step.affected_ref(request.ref)
    known = others.get(ref.key)
    if known is None or known.released_at is not None or known.incident == request.incident:
        return ""
    acts = any(made.decision.mode.changes for made in known.of(DecisionMade))
    return f"{known.incident} on {ref.key}, which must be released first" if acts else ""


@frozen
class ReleaseMove:
    """What a release records, and whether it changes anything. `refusal` is raised once it is recorded."""

    facts: tuple[Fact, ...]
    decision: Decision
    refusal: str = ""


def next_release(request: ResponseRelease, history: History, way: Undo, now: datetime) -> ReleaseMove:
    """Decide what a release does; raises Refused where the world has moved on, Retryable while it moves."""
    if way.settling:
        raise Retryable("; ".join(way.settling))
    if way.drifted and not request.skip_drifted:
        raise Refused("somebody has changed values since; nothing was undone. " + "; ".join(way.drifted))
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
    return ReleaseMove((asked, DecisionMade(decision, history.opened_at or now), plan), decision, refusal)


def by_stage(history: History, intents: tuple[Intended, ...]) -> list[list[Intended]]:
    """Group by the stage that made the change, the last stage first: the network opens last."""
    made = {one.step.target: one.stage for one in history.of(Intended) if one.stage != RELEASE}
    stages = list(dict.fromkeys(made.values()))
    groups: list[list[Intended]] = [[] for _ in stages]
    for intended in intents:
        groups[stages.index(made[intended.step.target])].append(intended)
    return [group for group in reversed(groups) if group]


def verify_release(
    way: Undo, before: Look, after: Look, execution: Execution, unclear: tuple[str, ...]
) -> Conclusion:
    """Say what a release ends with: nothing may stand as the response left it, and the looks must agree."""
    observed, refused = after.observed, execution.ended(Result.REFUSED, Result.GONE)
    pending = tuple(
        step.describe()
        for step in way.steps
        if step.target not in refused
        and step.observation in observed
        and step.state(observed) is not State.AFTER
    )
    unsure = (f"only one of two reads found {execution.ref.key}",) if before.gone != after.gone else ()
    again = (*pending, *unclear, *observed.settling(), *unsure)
    if again:
        verified = Verified(contained=False, complete=False, remaining=pending, settling=again)
        return Conclusion(IncidentStatus.OPEN, "verified", (verified,), verified, again)
    skipped = (*way.drifted, *way.kept, *refused.values())
    return Conclusion(IncidentStatus.RELEASED, "verified: the changes are undone", (Released(skipped),))
