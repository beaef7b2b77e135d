"""Decide about a release, and judge its result. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.plan_binding import difference, plan_changed, started_plan
from ringfence.engine.verification import Conclusion
from ringfence.engine.void_leases import voided
from ringfence.model.errors import Drifted, Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.step import State
from ringfence.model.times import utc_text
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.facts import RELEASE, DecisionMade, Intended, Released, Result, Verified
from ringfence.record.status import IncidentStatus
from ringfence.record.tampering_facts import UnsealedAccepted

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.execution import Execution
    from ringfence.engine.release import ResponseRelease
    from ringfence.engine.undo import Undo
    from ringfence.model.observation import ResourceState
    from ringfence.record.facts import Fact
    from ringfence.record.history import History


@frozen
class Look:
    """What was read. `gone`: why only what exists without the subject was read. Empty if it exists."""

    observed: ResourceState
    gone: str = ""


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
        raise Refused(f"{request.incident} was released at {utc_text(history.released_at)}")
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
    decided = DecisionMade(decision, history.opened_at or now, policy=request.policy)
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
