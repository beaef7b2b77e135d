"""One try at one order, from its opening on: plan, record, change, look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.reading import look_at
from ringfence.engine.requests import IncidentStatus, ResponseResult
from ringfence.engine.verification import Verification
from ringfence.model.errors import BadInput, Conflict, InternalError, NotFound, Refused, Retryable
from ringfence.model.incident import Incident
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.observation import ResourceState
from ringfence.model.plan import digest_text
from ringfence.policy.decision import Mode
from ringfence.record.chain import Lease, digest
from ringfence.record.facts import (
    RELEASE,
    Closed,
    FindingReceived,
    Intended,
    Missed,
    Outcome,
    Planned,
    Result,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.engine.execution import Execution
    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.observation import Observation
    from ringfence.model.runbook import Stage
    from ringfence.model.step import Step

WAIT_FOR_OTHERS = timedelta(hours=1)
"""For how long after the last change what others have yet to do is waited for."""

SURE = timedelta(seconds=3)
"""How far apart two looks that do not find a subject lie at least: a message comes back after five."""


def is_routine(order: ResponseRequest) -> bool:
    """Say whether it is time to look, and nobody says that anything is wrong."""
    return order.finding is not None and order.finding.finding.routine


class Attempt:
    """One try at one order. `finds` and `repeats` look; the others record, and end it with a report."""

    def __init__(self, order: ResponseRequest, begun: IncidentStart, session: Execution) -> None:
        self.order = order
        self.start = begun
        self.preview = begun
        """What plans are made for: a person's dry run tells of what a run would open."""
        self.execution = session
        self.stages = order.runbook.stages[: order.stages]
        self.plans: list[Planned] = []
        self.seen: ResourceState = ResourceState(order.ref)

    def report(self, status: IncidentStatus, reason: str, again: tuple[str, ...] = ()) -> ResponseResult:
        """Say what became of the order."""
        return ResponseResult(status, self.start.incident, reason, tuple(self.plans), again=again)

    def finds(self, observed: ResourceState | NotFound) -> bool:
        """Say whether the first stage finds anything to do, or for a person to look at."""
        if isinstance(observed, NotFound):
            return False
        stage, incident = self.stages[0], self._incident()
        return bool(stage.plan(observed, incident) or stage.review_items(observed, incident))

    def repeats(self) -> bool:
        """Say whether it is the same routine look once more: only what it finds may be news."""
        known = {one.finding.id for one in self.execution.history.of(FindingReceived)}
        return is_routine(self.order) and all(
            isinstance(one, FindingReceived) and one.finding.id in known for one in self.start.facts
        )

    def join(self) -> ResponseResult:
        """Somebody else acts: leave them what they may not know, and look again when they are done.

        They may die, act for a message that nobody sends again, do something else, or give back: it is
        not theirs to finish this. A person is told, and asks again.
        """
        if not self.start.is_new:
            self.execution.append(one for one in self.start.facts if isinstance(one, FindingReceived))
        reason = "another execution is acting on it"
        return self.report(IncidentStatus.JOINED, reason, () if self.order.request else (reason,))

    def record(self) -> ResponseResult:
        """Write down what a person is told of."""
        if not self.repeats():
            self.execution.append(self.start.facts, self._name_incident())
        return self.report(IncidentStatus.RECORDED, self.start.decision.reason)

    def close(self, gone: NotFound) -> ResponseResult:
        """The subject is gone: a person gets the error, a finding is recorded.

        So does who agreed to a plan: were it found again, nobody would compare.
        """
        if self.order.request and (self.start.is_new or self.order.agreed):
            raise gone
        self.execution.pending.extend(self.start.facts)
        return self._miss(gone)

    def _miss(self, gone: NotFound) -> ResponseResult:
        """Close at a second look that does not find the subject either.

        One wrong answer, or one that does not know yet what was just made, must not end an incident.
        """
        since = self.execution.history.missed_at
        if since and self.execution.ports.clock() >= since + SURE:
            self.execution.finish((Closed(gone.reason),), self._name_incident())
            return self.report(IncidentStatus.CLOSED, gone.reason)
        self.execution.finish(() if since else (Missed(gone.reason),), self._name_incident())
        words = f"{gone.reason}: looked for once more"
        asked = self.order.request and self.start.decision.mode is not Mode.AUTO
        return self.report(IncidentStatus.OPEN, words, () if asked else (words,))

    def dry_run(self, observed: ResourceState) -> ResponseResult:
        """Plan every stage from what is there now; change nothing."""
        self.seen = observed
        self.execution.pending.extend(self.start.facts)
        last = {one.stage: one for one in self.execution.history.of(Planned)}
        for stage in self.order.runbook.stages:
            missing = [observation for observation in stage.observations if observation not in self.seen]
            if missing:
                self._observe(missing)
            self.plans.append(self._plan(stage))
        new = [plan for plan in self.plans if self.order.request or self._differ(plan, last.get(plan.stage))]
        if new or not self.repeats():
            self.execution.append(new, self._name_incident())
        self._check_reads()
        unread = () if self.order.request else self.seen.unreadable(self.seen.unread, for_good=False)
        report = self.report(IncidentStatus.DRY_RUN, "dry run: nothing was changed", unread)
        return replace(report, as_of=self.preview.opened_at)

    def _differ(self, plan: Planned, last: Planned | None) -> bool:
        """Say whether a plan is news. That a routine look would note something at another time is none."""
        if last is None or not self.repeats():
            return last is None or plan.digest != last.digest
        return _gist(plan) != _gist(last)

    def first(self, observed: ResourceState) -> Planned:
        """Plan the first stage; record and change nothing."""
        self.seen = observed
        return self._plan(self.stages[0])

    def act(self, observed: ResourceState) -> ResponseResult:
        """Run the stages, each behind its record, and look again."""
        self.seen = observed
        self.execution.pending.extend(self.start.facts)
        unclear: dict[str, tuple[str, ...]] = {}
        changed = False
        try:
            for number, stage in enumerate(self.stages):
                if number:
                    self._observe(stage.observations)
                unclear[stage.id] = self.execution.resolve(self.seen, (stage.id, RELEASE))
                if unclear[stage.id]:
                    break
                changed = self._run(stage) or changed
            return self._verify(unclear, look=changed or any(unclear.values()))
        except Conflict:
            self.execution.surrender()
            raise
        except NotFound as gone:
            return self._miss(gone)
        except (BadInput, InternalError, Refused, Retryable):
            self._give_back()
            raise

    def _give_back(self) -> None:
        """Record what is known and let others act."""
        try:
            self.execution.finish((), self._name_incident())
        except Conflict:
            self.execution.surrender()

    def _run(self, stage: Stage) -> bool:
        """Record the intents of a stage in one transaction, then make the changes."""
        plan = self._plan(stage)
        self.plans.append(plan)
        steps = self._allowed(stage, plan.steps)
        if not steps:
            return False
        intents = self.execution.intend(stage.id, steps)
        self.execution.names.update(self.seen.names())
        self.execution.take((plan, *intents), self.order.until)
        self.execution.apply(intents, self.start.decision, self.order.until)
        return True

    def _allowed(self, stage: Stage, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Leave out what was refused for good; containment is never given up on."""
        refused, containing = self.execution.refused(), self._contains(stage)
        return tuple(
            step for step in steps if step.target not in refused or (containing and not step.best_effort)
        )

    def _contains(self, stage: Stage) -> bool:
        return self.order.runbook.has_containment_stage and stage is self.stages[0]

    def _verify(self, unclear: Mapping[str, tuple[str, ...]], *, look: bool) -> ResponseResult:
        """Look again and plan again: what was planned may not remain."""
        if look:
            self._observe(
                dict.fromkeys(observation for stage in self.stages for observation in stage.observations)
            )
            unclear = {one.id: self.execution.resolve(self.seen, (one.id, RELEASE)) for one in self.stages}
        incident = self._incident()
        waiting, overdue = self._waiting(incident)
        looked = Verification(
            runbook=self.order.runbook,
            stages=self.stages,
            seen=self.seen,
            incident=incident,
            remaining={one.id: self._allowed(one, one.plan(self.seen, incident)) for one in self.stages},
            unclear=unclear,
            refused=tuple(self.execution.refused().values()),
            waiting=waiting,
            overdue=overdue,
        )
        verified = looked.verified
        later = looked.whole and (self._lags() or looked.only_waits)
        news = self._news(verified)
        if not news and self.repeats():
            self.execution.pending.clear()
        self.execution.finish(news, self._name_incident())
        self._check_reads()
        # What is refused or denied is tried again beside the later stages: they must not wait for it.
        stuck = looked.is_stuck(self.execution.ended(Result.REFUSED, Result.DENIED, Result.SKIPPED))
        return self._verdict(verified, looked.again, goes_on=stuck and not looked.whole, later=later)

    def _lags(self) -> bool:
        """Say whether a record that lags behind was read, and everything looked at, for the first time."""
        lagging = any(observation.lags for stage in self.stages for observation in stage.observations)
        return lagging and not any(one.whole for one in self.execution.history.of(Verified))

    def _news(self, verified: Verified) -> tuple[Verified, ...]:
        """Leave out what the log says already: an update of a finding need not repeat the verdict.

        A look at containment alone takes back nothing that a look at everything has found.
        """
        last = self.execution.history.verified
        acted = self.order.request or any(isinstance(one, Outcome) for one in self.execution.pending)
        acted = acted or self.execution.history.missed_at is not None
        same = verified == last or (not verified.whole and last and last.contained and verified.contained)
        return () if same and not acted else (verified,)

    def _waiting(self, incident: Incident) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Say in words what others have yet to do: what is waited for, and what was for long enough."""
        words = tuple(one for stage in self.stages for one in stage.pending(self.seen, incident))
        changed = [entry.at for entry, fact in self.execution.history.facts if isinstance(fact, Intended)]
        until = (changed[-1] if changed else self.start.opened_at) + WAIT_FOR_OTHERS
        return (words, ()) if self.execution.ports.clock() < until else ((), words)

    def _verdict(
        self, verified: Verified, again: tuple[str, ...], *, goes_on: bool, later: bool
    ) -> ResponseResult:
        status = IncidentStatus.CONTAINED if verified.contained else IncidentStatus.OPEN
        if verified.complete:
            status = IncidentStatus.COMPLETE
        left = (
            f"{len(verified.review)} for a person to review" if verified.review else "nothing is left to do"
        )
        reason = f"looked again: {len(again)} to be done" if again else f"looked again: {left}"
        return ResponseResult(
            status,
            self.start.incident,
            reason,
            tuple(self.plans),
            verified,
            again,
            goes_on=goes_on,
            later=later,
        )

    def _name_incident(self) -> Lease | None:
        """A new incident stands in the lease record, so that two cannot be opened at once."""
        new = self.start.is_new and not self.execution.history.entries
        return Lease("", None, self.start.incident) if new else None

    def _incident(self) -> Incident:
        anew = self.preview.is_new and not self.start.is_new
        history = self.preview.history if anew else self.execution.history
        facts = (*self.execution.pending, *self.start.facts)
        new = (one for one in facts if isinstance(one, FindingReceived))
        incident = Incident(
            id=self.start.incident,
            opened_at=self.preview.opened_at,
            choices=self.order.choices,
            past=history.steps(),
            looked=bool(history.of(Verified)),
        )
        return incident.with_findings(one.finding for one in (*history.of(FindingReceived), *new))

    def _observe(self, observations: Iterable[type[Observation]]) -> None:
        """Look at these facets; raises what keeps one of the first stage from being read."""
        more = look_at(
            self.execution.ports, self.order.ref, tuple(observations), self.execution.history.steps()
        )
        for observation in self.stages[0].observations:
            if observation in more.unread:
                raise more.unread[observation]
        self.seen = self.seen.updated(more)

    def _check_reads(self) -> None:
        """Raise a read's InternalError once all else is done: it must not keep a subject uncontained."""
        for error in self.seen.unread.values():
            if isinstance(error, InternalError):
                raise error

    def _plan(self, stage: Stage) -> Planned:
        incident = self._incident()
        steps = stage.plan(self.seen, incident)
        return Planned(stage.id, digest(digest_text(steps)), steps, stage.residual_risks(self.seen, incident))


def _gist(plan: Planned) -> list[tuple[str, object]]:
    return [(step.target, () if isinstance(step, LogOnlyStep) else step.diff()) for step in plan.steps]
