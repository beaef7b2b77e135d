"""The pipeline: read → plan → decide → journal → apply → verify → report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, assert_never

from ringfence.engine.apply import Changes, apply
from ringfence.engine.claims import asks_again, with_answer
from ringfence.engine.decide import Act, BackOff, Close, Defer, Ignore, Preview, Record, Reject, next_move
from ringfence.engine.execution import Execution
from ringfence.engine.holding import apart, reasons_to_hold, why_held
from ringfence.engine.journal import journal
from ringfence.engine.limits import slots
from ringfence.engine.plan import plan
from ringfence.engine.read import read
from ringfence.engine.reading import (
    check_reads,
    first_read,
    further_read,
    internal_errors,
    unseen_by_all,
)
from ringfence.model.errors import (
    BadInput,
    Conflict,
    InternalError,
    LimitReached,
    NotFound,
    Refused,
    Retryable,
    RingfenceError,
    UnknownRecord,
)
from ringfence.model.frozen import frozen, replace
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RELEASE, ApprovalRequested
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.ports import Ports
    from ringfence.engine.prospect import Prospect
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.runbook import Stage
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol
    from ringfence.record.facts import Fact, PauseHeld, Planned
    from ringfence.record.history import History
    from ringfence.record.pauses import Pauses

LEASE = timedelta(seconds=25)
"""A lease, shorter than `LONGEST_LEASE`. New activity on a resource waits at most this long for an execution
that died.
"""
_ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""The errors that values of wrong types cause. Entries without a MAC can contain any value."""
ATTEMPTS = 5
"""The number of attempts if others were faster."""


@frozen
class Engine:
    """Runs requests. It has no state: all state is in the log and in AWS."""

    ports: Ports

    def respond(self, request: ResponseRequest) -> ResponseResult:
        """Run a request up to verification.

        Raises Retryable if it must be retried, NotFound if a person named a missing subject, BadInput if
        there is nothing to resume, and InternalError if a step contradicts itself. All that is known by then
        is recorded.
        """
        result = self.run(request)
        if result.error:
            raise result.error
        return result

    def run(self, request: ResponseRequest) -> ResponseResult:
        """Run a request, and return an internal error with the result, which says what follows.

        What follows must not be lost because of the error. Raises the other errors of `respond`.
        """
        request = replace(request, runbook=request.runbook.on(request.ref))
        for _ in range(ATTEMPTS - 1):
            try:
                return self._attempt(request)
            except Conflict:
                continue
        return self._attempt(request)

    def _attempt(self, request: ResponseRequest) -> ResponseResult:
        reading = read(self.ports, first_read(request))
        request = replace(request, rejected=None) if request.rejected else request
        if reading.history.entries:
            request, reading = self._as_reported(request, reading)
        if reading.tampered is not None:
            from ringfence.engine.distrust import restarted  # an honest record does not need it

            return self._attempted(
                restarted(partial(journal, self.ports), request, reading.tampered), reading
            )
        if reading.history.proof.unproved and request.may_contain:
            return self._unproved(request, reading)
        return self._attempted(request, reading)

    def _as_reported(self, request: ResponseRequest, reading: Reading) -> tuple[ResponseRequest, Reading]:
        """Read the subject as the recorded findings name it. A message contains no more than its key."""
        from ringfence.engine.reported import reported  # a new incident does not need it

        ref = reported(request.ref, reading.history)
        if ref == request.ref:
            return request, reading
        request = replace(request, ref=ref)
        if reading.resource is None:
            return request, reading
        again = replace(first_read(request), chain=None, finding=None, past=reading.history.steps())
        return request, replace(reading, resource=read(self.ports, again).resource)

    def _unproved(self, request: ResponseRequest, reading: Reading) -> ResponseResult:
        """Join an incident with unproved entries only if they take nothing away from the containment.

        An intruder could have written them, with any content.
        """
        from ringfence.engine.distrust import alone, takes_away

        try:
            now = self.ports.clock()
            if not takes_away(partial(_foreseen, now), request, reading, now):
                return self._attempted(request, reading)
        except (BadInput, InternalError, UnknownRecord, *_ODD):
            pass  # no version of Ringfence wrote such values, or a newer one did
        return self._attempted(*alone(request, reading))

    def _attempted(self, request: ResponseRequest, reading: Reading) -> ResponseResult:
        now = self.ports.clock()
        if request.is_off:
            return self._left(request, reading.history, now)
        if request.approving:
            return self._due(request, reading, now)
        request = with_answer(request, reading.checked)
        insisting: tuple[str, ...] = ()
        if request.exempt or reading.cautions(request.home):
            from ringfence.engine.exemptions import insistence  # most responses do not need it

            insisting = insistence(request, reading)
        if found := _parts(request, reading):
            return _with_unread(reading, self._apart(*found[0], found[1]))
        if held := reasons_to_hold(request, reading, now):
            both = apart(request, held, why_held(request, reading), request.held_back)
            return _with_unread(reading, self._apart(*both, held))
        try:
            result = _with_exempt(insisting, self._move(request, reading, now))
            return _with_pauses(request, reading, result, now)
        except LimitReached as reached:
            return self._limited(request, reading, reached, now)

    def _limited(
        self, request: ResponseRequest, reading: Reading, reached: LimitReached, now: datetime
    ) -> ResponseResult:
        """Ask a person about what a used limit holds back, and run the rest."""
        from ringfence.engine.over_limit import breaker, full_name, over_limit  # most responses meet no limit

        held = over_limit(request, reading, reached, now)
        acting, asks = apart(request, held, DecisionCode.LIMITED, Mode.APPROVE)
        result = self._apart(acting, replace(asks, limit=full_name(reached.limit)), held)
        history = self.ports.log.read(ChainKey(request.runbook.id, request.ref.key))
        if opened := breaker(request, reached, history, self.ports.clock()):
            execution, fact, slot = opened
            try:
                journal(self.ports, execution, (fact,), slots=(slot,))
            except (Conflict, LimitReached):
                return result  # another response was first, and told people
        return result

    def _due(self, request: ResponseRequest, reading: Reading, now: datetime) -> ResponseResult:
        """Do what is due about an approval: carry out its plan, ask again, let it expire, or nothing."""
        from ringfence.engine.approved import Ended, NothingDue, due  # a containment asks nobody

        found = due(request, reading, now)
        match found:
            case NothingDue(reason, again):
                return _ended(reading.history.incident, IncidentStatus.JOINED, reason, again)
            case Ended(start, facts, reason):
                journal(self.ports, Execution.of(request, start), facts)
                return _ended(start.incident, IncidentStatus.DECLINED, reason)
            case _:
                return self._move(found, reading, now)

    def _apart(
        self, acting: ResponseRequest | None, dry: ResponseRequest, held: Iterable[str]
    ) -> ResponseResult:
        """Run what may act, and record a dry run of the rest, whatever error the first one raises."""
        if acting is None:
            return self._attempt(dry)
        try:
            result = replace(self._attempt(acting), held=tuple(held))
        except RingfenceError:
            self._record(dry)
            raise
        failed = self._record(dry)
        return result if failed is None else replace(result, error=result.error or failed)

    def _record(self, dry: ResponseRequest) -> RingfenceError | None:
        """Record a dry run. Its error must not keep what acts from going on."""
        try:
            self._attempt(dry)
        except RingfenceError as error:
            return error
        return None

    def _move(self, request: ResponseRequest, reading: Reading, now: datetime) -> ResponseResult:
        move = next_move(request, reading, plan(request, reading, now), now)
        match move:
            case Reject(error):
                raise error
            case Ignore(status, incident, reason, start, facts):
                if start and facts:
                    journal(self.ports, Execution.of(request, start), facts)
                return _ended(incident, status, reason)
            case Record() | Defer() | BackOff():
                return self._recorded(request, move, now)
            case Close(prospect, gone):
                return self._acting(request, prospect, reading).conclude(gone)
            case Preview(prospect, refusal):
                shown = self._preview(request, prospect, reading.found, refusal)
                return _finishing(request, prospect.start.history, shown, now)
            case Act(prospect):
                acting = self._acting(request, prospect, reading)
                acting.check_pauses()
                return acting.act(reading.found)
            case _:
                assert_never(move)

    def _recorded(
        self, request: ResponseRequest, move: Record | Defer | BackOff, now: datetime
    ) -> ResponseResult:
        """Record what is known. Plan and change nothing now."""
        start, incident = move.start, move.start.incident
        journal(self.ports, Execution.of(request, start), move.facts)
        match move:
            case Record():
                again = asks_again(request, start.history, now)
                ended = _ended(incident, IncidentStatus.RECORDED, start.decision.reason, again)
                return _finishing(request, start.history, ended, now)
            case Defer():
                return _ended(incident, IncidentStatus.JOINED, move.reason, move.again)
            case BackOff():
                return _ended(incident, IncidentStatus.JOINED, move.reason, waits=move.waits)

    def _left(self, request: ResponseRequest, history: History, now: datetime) -> ResponseResult:
        """Notify a person of what an earlier decision began and nothing may finish now."""
        from ringfence.engine.left_unfinished import left_unfinished  # containment does not wait for it

        if found := left_unfinished(request, history, now):
            execution, fact = found
            journal(self.ports, execution, (fact,))
        reason = request.decision.reason if request.decision else ""
        return _ended(history.incident, IncidentStatus.RECORDED, reason)

    def _acting(self, request: ResponseRequest, prospect: Prospect, reading: Reading) -> _Acting:
        execution = Execution.of(request, prospect.start).adding(prospect.start.facts)
        return _Acting(self.ports, request, prospect, execution, reading.pauses)

    def _preview(
        self, request: ResponseRequest, prospect: Prospect, resource: ResourceState, refusal: str
    ) -> ResponseResult:
        """Plan every stage from the current state and record the plans. Change nothing."""
        execution = Execution.of(request, prospect.start)
        plans = []
        for stage in request.runbook.stages:
            missing = (kind for kind in stage.observations if kind not in resource)
            more = further_read(request, execution.history, missing)
            resource = resource.updated(read(self.ports, more).found)
            plans.append(prospect.plan(stage, execution.history, resource))
        facts = prospect.news(request, plans)
        if prospect.start.decision.mode.asks:
            from ringfence.engine.asking import Proposal, asked  # a containment asks nobody

            facts = asked(request, Proposal(prospect, tuple(plans), resource, self.ports.clock()), facts)
        journal(self.ports, execution, facts)
        check_reads(resource)
        if refusal:
            raise Refused(refusal)
        unread = () if request.request else resource.unreadable(resource.unread, for_good=False)
        status, words = IncidentStatus.DRY_RUN, "dry run: nothing was changed"
        if any(isinstance(one, ApprovalRequested) for one in facts):
            status, words = IncidentStatus.WAITING, "the plan waits for approval; nothing was changed"
        ended = _ended(execution.incident, status, words, unread)
        return replace(ended, plans=tuple(plans), as_of=prospect.at)


@dataclass(eq=False, repr=False)
class _Acting:
    """One attempt to run the stages. It keeps what is known, whatever error a phase raises."""

    ports: Ports
    request: ResponseRequest
    prospect: Prospect
    execution: Execution
    pauses: Pauses
    plans: list[Planned] = field(default_factory=list)
    unclear: dict[str, tuple[str, ...]] = field(default_factory=dict)
    secondary: dict[str, tuple[str, ...]] = field(default_factory=dict)
    due: dict[str, datetime | None] = field(default_factory=dict)
    errors: list[RingfenceError] = field(default_factory=list)
    names: Mapping[Symbol, str] = field(default_factory=dict)
    changed: bool = False
    asks: bool = False
    held: PauseHeld | None = None

    def check_pauses(self) -> None:
        """Raise the error for a request that does not begin during a pause.

        Refused for a person's request: the person can resume, or wait. Retryable for an approved plan, which
        is compared again after the pause.
        """
        if not (self.request.request or self.request.approved):
            return
        if held := _held(self.pauses, self.execution, self.ports.clock()):
            from ringfence.engine.paused import later, refusal

            raise refusal(held) if self.request.request else later(held)

    def act(self, resource: ResourceState) -> ResponseResult:
        """Run the stages, each after its record, and verify."""
        try:
            return self.conclude(self._look_again(self._run(resource)))
        except Conflict:
            journal(self.ports, self.execution.surrendered())
            raise
        except NotFound as gone:
            return self.conclude(gone)
        except (BadInput, InternalError, Refused, Retryable):
            self._give_back()
            raise

    def conclude(self, resource: ResourceState | NotFound) -> ResponseResult:
        """Record the verification, release the lease, and report."""
        from ringfence.engine.report import report  # the isolating call does not wait for these
        from ringfence.engine.verification import SecondLook
        from ringfence.engine.verify import verify

        left = self._survivors() if isinstance(resource, NotFound) else ()
        due = min(filter(None, self.due.values()), default=None)
        look = SecondLook(resource, self.ports.clock(), self.unclear, self.secondary, self.asks, left, due)
        found = verify(self.request, self.prospect, self.execution, look)
        facts = self._worth_recording(found.facts)
        self.execution = journal(self.ports, replace(self.execution, pending=facts), ends=True)
        errors = (*self.errors, *internal_errors(resource), *unseen_by_all(self.request, resource))
        error = next(iter(errors), None)
        result = replace(report(self.execution.incident, found, self.plans), error=error)
        if (
            self.changed
            and self.request.contains(self.request.running[0])
            and not isinstance(resource, NotFound)
        ):
            from ringfence.engine.group_sizes import keep_sizes

            keep_sizes(self.ports, self.request, resource)
        if self.held is None:
            return result
        from ringfence.engine.paused import waiting

        return waiting(result, self.held, self.ports.clock())

    def _worth_recording(self, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        if self.held is None:
            return facts
        from ringfence.engine.paused import worth_recording

        return worth_recording(facts, self.execution.history)

    def _survivors(self) -> tuple[str, ...]:
        """Return the changes that still matter without the subject, in words."""
        from ringfence.engine.survivors import survivors  # containment does not wait for it

        look = partial(read, self.ports)
        found = survivors(look, self.request.ref, self.execution.history, self.ports.clock())
        return tuple(step.describe() for step in found.left)

    def _run(self, resource: ResourceState) -> ResourceState:
        """Run one stage after another. In a compliance runbook, stages wait for an unknown result."""
        for number, stage in enumerate(self.request.running):
            resource = self._read_on(resource, stage.observations) if number else resource
            if self._resolve(stage, resource) and self.request.runbook.closes_when_complete:
                break
            try:
                self._run_stage(stage, resource, None if number else self.prospect.first)
            except InternalError as error:  # a planner contradicts itself: other stages do not wait for it
                self.errors.append(error)
        return resource

    def _run_stage(self, stage: Stage, resource: ResourceState, planned: Planned | None) -> None:
        """Plan, record and apply what is not held back."""
        planned = planned or self.prospect.plan(stage, self.execution.history, resource)
        self.plans.append(planned)
        steps = self.execution.allowed(planned.steps, containing=self.request.contains(stage))
        steps = self._not_held_back(resource, steps)
        if steps and not self._is_paused(planned):
            intents, until = self.execution.intents(stage.id, steps), self._until()
            incident = self.prospect.incident(self.execution.history)
            used = slots(self.request, stage, resource, incident, self.ports.clock())
            facts = (planned, *intents)
            self.execution = journal(self.ports, self.execution, facts, until=until, slots=used)
            names = {**self.names, **resource.names()}
            changes = Changes(intents, self.prospect.start.decision, self.pauses.bound(until), names)
            applied = apply(self.ports, self.execution, changes)
            self.execution, self.names, self.changed = applied.execution, applied.names, True
            self.errors.extend(filter(None, (applied.error,)))

    def _not_held_back(self, resource: ResourceState, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Leave out steps whose last result is unknown or whose next try is not due."""
        if not self.execution.history.entries:
            return steps
        from ringfence.engine.retries import not_held_back, without_detours  # a new incident needs neither

        now = self.ports.clock()
        return not_held_back(self.execution, resource, without_detours(self.execution, steps, now), now)

    def _is_paused(self, planned: Planned) -> bool:
        """Return whether a pause holds the steps of a stage, and record that it does.

        What follows a held stage is held as well, even if somebody resumes meanwhile.
        """
        if self.held is not None:
            return True
        self.held = _held(self.pauses, self.execution, self.ports.clock())
        if self.held is None:
            return False
        from ringfence.engine.paused import is_news

        if is_news(self.held, self.execution.history):
            self.execution = self.execution.adding((planned, self.held))
        return True

    def _until(self) -> datetime:
        """Return the end of the lease. Each stage renews it, so that no dead execution keeps it for long."""
        return min(self.request.until, self.ports.clock() + LEASE)

    def _look_again(self, resource: ResourceState) -> ResourceState:
        """Read everything again if anything was changed or is unknown, the finding's source too."""
        from ringfence.engine.unconfirmed import settled, unconfirmed  # the isolating call does not wait

        acted_on = unconfirmed(self.execution.history)
        if self.changed or any(self.unclear.values()) or any(self.secondary.values()) or acted_on:
            kinds = (kind for stage in self.request.running for kind in stage.observations)
            reading = self._reading(kinds, acted_on[0] if acted_on else None)
            resource = resource.updated(reading.found)
            if acted_on and reading.checked:
                found = settled(*acted_on, reading.checked.answer, self.ports.clock())
                self.asks = found is None
                self.execution = self.execution.adding((found,) if found else ())
            for stage in self.request.running:
                self._resolve(stage, resource)
        return resource

    def _resolve(self, stage: Stage, resource: ResourceState) -> bool:
        """Resolve open intents. Return whether the stage must wait for one of them."""
        stages, now = (stage.id, RELEASE), self.ports.clock()
        self.execution, found = self.execution.resolve(resource, stages, now)
        self.unclear[stage.id] = (*found.waiting, *found.hidden) if found else ()
        self.secondary[stage.id] = found.secondary if found else ()
        self.due[stage.id] = found.due if found else None
        return bool(found and found.waiting)

    def _read_on(self, resource: ResourceState, kinds: Iterable[type[Observation]]) -> ResourceState:
        """Read what another stage needs, and what is paused by now."""
        reading = self._reading(kinds, pauses=True)
        self.pauses = reading.pauses
        return resource.updated(reading.found)

    def _reading(
        self, kinds: Iterable[type[Observation]], finding: Finding | None = None, *, pauses: bool = False
    ) -> Reading:
        history, pending = self.execution.history, self.execution.pending
        more = further_read(self.request, history, kinds)
        provided = history.provided_with(pending)
        return read(self.ports, replace(more, provided=provided, finding=finding, pauses=pauses))

    def _give_back(self) -> None:
        """Record what is known, and let others act."""
        try:
            journal(self.ports, self.execution, ends=True)
        except Conflict:
            journal(self.ports, self.execution.surrendered())


def _parts(
    request: ResponseRequest, reading: Reading
) -> tuple[tuple[ResponseRequest | None, ResponseRequest], tuple[str, ...]] | None:
    """Split a request by what the policy says of the resource that was read. None if it says nothing."""
    if request.exempt or reading.cautions(request.home):
        from ringfence.engine.exemptions import parts  # most responses do not need it

        if found := parts(request, reading):
            return found
    if request.cautions:
        from ringfence.engine.cautions import cautious_parts  # most policies have no such rules

        return cautious_parts(request, reading)
    return None


def _foreseen(now: datetime, request: ResponseRequest, reading: Reading) -> Prospect | None:
    """Return what a request would begin with. None if it would make no changes."""
    move = next_move(request, reading, plan(request, reading, now), now)
    return move.prospect if isinstance(move, Act) else None


def _held(pauses: Pauses, execution: Execution, now: datetime) -> PauseHeld | None:
    """Return what holds the changes of an execution. None if nothing does."""
    if not (pauses.active or pauses.unreadable):
        return None
    from ringfence.engine.paused import held  # most responses meet no pause

    return held(pauses, execution, now)


def _with_pauses(
    request: ResponseRequest, reading: Reading, result: ResponseResult, now: datetime
) -> ResponseResult:
    """Add the pauses that hold changes of the incident, in words."""
    pauses = reading.pauses
    if result.paused or not (pauses.active or pauses.unreadable):
        return result
    from ringfence.record.pausing import holding

    return replace(
        result, paused=holding(pauses, request.runbook.id, request.ref.account, result.incident, now)
    )


def _with_exempt(reasons: tuple[str, ...], result: ResponseResult) -> ResponseResult:
    return replace(result, exempt=reasons) if reasons else result


def _with_unread(reading: Reading, result: ResponseResult) -> ResponseResult:
    """Let the request return if something is held back because it could not be read."""
    from ringfence.engine.results import Followup, FollowupKind

    seen = reading.found
    unread = tuple(words for final in (False, True) for words in seen.unreadable(seen.unread, for_good=final))
    if not unread or result.follows(FollowupKind.RETRY):
        return result
    return replace(result, followups=(*result.followups, Followup(FollowupKind.RETRY, reasons=unread)))


def _finishing(
    request: ResponseRequest, history: History, result: ResponseResult, now: datetime
) -> ResponseResult:
    """Add the continuation that finishes what an earlier decision began, if nobody finishes it.

    A policy can change between two deliveries. Nothing is left half done without a word.
    """
    from ringfence.engine.continuations import is_covered, unfinished
    from ringfence.engine.results import Followup, FollowupKind
    from ringfence.record.facts import ContinuationStarted

    begun = unfinished(history) if request.finding and not request.is_held else None
    if begun is None or is_covered(ContinuationStarted("", begun.remediations, begun.choices), history, now):
        return result
    why = ("an earlier decision allowed changes, and they are not finished",)
    finish = Followup(FollowupKind.CONTINUE, reasons=why, begun=begun)
    return replace(result, followups=(*result.followups, finish))


def _ended(
    incident: str, status: IncidentStatus, reason: str, again: tuple[str, ...] = (), *, waits: bool = False
) -> ResponseResult:
    from ringfence.engine.report import report
    from ringfence.engine.verification import Conclusion

    return report(incident, Conclusion(status, reason, again=again, waits=waits))
