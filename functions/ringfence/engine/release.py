"""Undo from recorded state: fold the steps, refuse where the world has moved on, restore, look again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.engine.plan_binding import CHANGED, difference, started_plan
from ringfence.engine.requests import IncidentStatus, ResponseResult
from ringfence.model.errors import BadInput, Conflict, InternalError, NotFound, Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.plan import digest_text, net_changes
from ringfence.model.step import State
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, digest
from ringfence.record.facts import RELEASE, DecisionMade, Intended, Planned, Released, Result, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.engine.execution import Ports
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.facts import RunRequested
    from ringfence.record.history import History


@dataclass(frozen=True)
class ResponseRelease:
    """Undo `incident` on `ref`. `skip_drifted` restores the rest where the world has moved on.

    `plans` are the digests of what was agreed to: of another plan nothing is begun. None: nobody looked.
    """

    runbook: str
    ref: Ref
    incident: str
    attempt: str
    actor: str
    until: datetime
    request: RunRequested
    skip_drifted: bool = False
    plans: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Undo:
    """What a release would do. `steps` lead back, in order; the rest is said in words."""

    steps: tuple[Step, ...]
    drifted: tuple[str, ...]
    settling: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """What was seen. `gone` says why nothing but what outlives the subject was; empty where it is there."""

    observed: ResourceState
    gone: str = ""


def undo(applied: Iterable[Step], observed: ResourceState, gone: str = "") -> Undo:
    """Work out the way back from the recorded steps and the world as it is. Pure.

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
            drifted.append(f"{step.target}: left as {step.diff()[1]}, found {step.actual(observed)}")
        elif state is State.SETTLING:
            settling.append(f"{step.target} is still settling")
        elif state is State.GONE:
            kept.append(f"{step.target} is gone")
    return Undo(tuple(steps), tuple(drifted), tuple(settling), tuple(kept))


@dataclass(frozen=True)
class Releaser:
    """Runs releases: like the engine, behind the record, and looks again."""

    ports: Ports

    def release(self, order: ResponseRelease) -> ResponseResult:
        """Undo what an incident's response changed; of a subject that is gone, what outlives it.

        Raises BadInput for an incident that is not the newest on its subject, Refused where the world
        has moved on, where it was released before or where what is to be done is no longer what was agreed
        to, Retryable where somebody else acts.
        """
        key = ChainKey(order.runbook, order.ref.key)
        history = self.ports.log.read(key)
        self._check(order, history)
        session = Execution(self.ports, key, order.ref, order.incident, order.actor, order.attempt, history)
        look = self._observe(session)
        unclear = session.resolve(look.observed, {intended.stage for _, intended in history.open_intents})
        if unclear:
            raise Retryable("; ".join(unclear))
        session.append()
        way = self._unheld(order, undo(session.history.steps(Result.APPLIED), look.observed, look.gone))
        if way.settling:
            raise Retryable("; ".join(way.settling))
        if way.drifted and not order.skip_drifted:
            raise Refused("the world has moved on; nothing was undone. " + "; ".join(way.drifted))
        return self._run(order, session, way, look.gone)

    def _check(self, order: ResponseRelease, history: History) -> None:
        if history.incident != order.incident:
            newest = history.incident or "none"
            raise BadInput(
                "incident", f"must be the newest on {order.ref.key}, which is {newest}", order.incident
            )
        if history.released_at is not None:
            raise Refused(f"{order.incident} was released at {history.released_at.isoformat()}")
        if history.lease.held(self.ports.clock(), order.attempt):
            raise Retryable(f"another execution acts on {order.ref.key} until {history.lease.until}")

    def _observe(self, session: Execution) -> Look:
        """Look at everything that was changed; where the subject is gone, at what outlives it, one by one."""
        past = session.history.steps()
        observations = tuple(dict.fromkeys(step.observation for step in past))
        observe = self.ports.cloud.observe
        try:
            return Look(observe(session.ref, observations, past))
        except NotFound as gone:
            reason = gone.reason
        seen = ResourceState(session.ref)
        for observation in dict.fromkeys(step.observation for step in past if step.survives_subject):
            try:
                seen = seen.with_observation(observe(session.ref, (observation,), past)[observation])
            except NotFound:
                continue
        return Look(seen, reason)

    def _unheld(self, order: ResponseRelease, way: Undo) -> Undo:
        """Leave what an incident of its own holds, as what has changed since."""
        holders = [(step, self._holder(order, step)) for step in way.steps]
        held = tuple(f"{step.target}: held by {holder}" for step, holder in holders if holder)
        return replace(
            way,
            steps=tuple(step for step, holder in holders if not holder),
            drifted=(*way.drifted, *held),
        )

    def _holder(self, order: ResponseRelease, step: Step) -> str:
        """Name another incident that may act, and was not released, on what the step changes; else empty."""
        ref = step.affected_ref(order.ref)
        if ref.key == order.ref.key:
            return ""
        known = self.ports.log.read(ChainKey(order.runbook, ref.key))
        acts = any(made.decision.mode is Mode.AUTO for made in known.of(DecisionMade))
        if not acts or known.released_at is not None or known.incident == order.incident:
            return ""
        return f"{known.incident} on {ref.key}, which is to be released first"

    def _run(self, order: ResponseRelease, session: Execution, way: Undo, gone: str) -> ResponseResult:
        plan = Planned(RELEASE, digest(digest_text(way.steps)), way.steps, (*way.drifted, *way.kept))
        request, known, refusal = order.request, session.history, ""
        if order.plans is not None and not request.dry_run:
            agreed = (
                plan.digest if plan.digest in order.plans else started_plan(known, order.actor, order.plans)
            )
            request = replace(request, plan=agreed, dry_run=not agreed)
            refusal = "" if agreed else difference(known, order.plans, plan)
        mode = Mode.DRY_RUN if request.dry_run else Mode.AUTO
        decision = Decision(mode, CHANGED if refusal else f"release requested by {order.actor}")
        facts = (request, DecisionMade(decision, known.opened_at or self.ports.clock()), plan)
        if request.dry_run:
            session.append(facts)
            if refusal:
                raise Refused(refusal)
            return ResponseResult(
                IncidentStatus.DRY_RUN, order.incident, "dry run: nothing was changed", (plan,)
            )
        intents = session.intend(RELEASE, way.steps)
        try:
            session.take((*facts, *intents), order.until)
            for group in self._by_stage(session.history, intents):
                session.apply(group, decision, order.until)
            return self._verify(order, session, way, plan, gone)
        except Conflict:
            session.surrender()
            raise
        except (InternalError, Retryable):
            session.finish()
            raise

    def _by_stage(self, history: History, intents: tuple[Intended, ...]) -> list[list[Intended]]:
        """Group by the stage that made the change, the last stage first: the network opens last."""
        made = {one.step.target: one.stage for one in history.of(Intended) if one.stage != RELEASE}
        stages = list(dict.fromkeys(made.values()))
        groups: list[list[Intended]] = [[] for _ in stages]
        for intended in intents:
            groups[stages.index(made[intended.step.target])].append(intended)
        return [group for group in reversed(groups) if group]

    def _verify(
        self, order: ResponseRelease, session: Execution, way: Undo, plan: Planned, gone: str
    ) -> ResponseResult:
        """Look again: nothing may stand as the response left it; whether the subject is gone must be sure."""
        session.append()
        look = self._observe(session)
        unclear = session.resolve(look.observed, (RELEASE,))
        observed, refused = look.observed, session.ended(Result.REFUSED, Result.GONE)
        pending = [
            step.describe()
            for step in way.steps
            if step.target not in refused
            and step.observation in observed
            and step.state(observed) is not State.AFTER
        ]
        unsure = (f"{order.ref.key} was not found, but not each time",) if gone != look.gone else ()
        again = (*pending, *unclear, *observed.settling(), *unsure)
        if again:
            verified = Verified(contained=False, complete=False, remaining=tuple(pending), settling=again)
            session.finish((verified,))
            return ResponseResult(
                IncidentStatus.OPEN, order.incident, "looked again", (plan,), verified, again
            )
        skipped = (*way.drifted, *way.kept, *refused.values())
        session.finish((Released(skipped),))
        return ResponseResult(
            IncidentStatus.RELEASED, order.incident, "looked again: all is as it was before", (plan,)
        )
