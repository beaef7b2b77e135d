"""The pipeline: read → plan → decide → journal → apply → verify → report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from ringfence.engine.claims import with_answer
from ringfence.engine.decide import Act, BackOff, Close, Defer, Ignore, Preview, Record, Reject, next_move
from ringfence.engine.execution import Execution
from ringfence.engine.holding import apart, reasons_to_hold, why_held
from ringfence.engine.journal import journal
from ringfence.engine.plan import plan
from ringfence.engine.read import read
from ringfence.engine.reading import first_read
from ringfence.engine.stage_run import StageRun
from ringfence.model.errors import (
    BadInput,
    Conflict,
    InternalError,
    LimitReached,
    RingfenceError,
    UnknownRecord,
)
from ringfence.model.frozen import frozen, replace
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.record.chain import ChainKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.engine.ports import Ports
    from ringfence.engine.prospect import Prospect
    from ringfence.engine.reading import Reading
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult

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
            from ringfence.engine.unchanged import left  # containment does not wait for it

            return left(self.ports, request, reading.history, now)
        if request.decision is None:
            return self._continued(request, reading, now)
        request = with_answer(request, reading.checked)
        insisting: tuple[str, ...] = ()
        protected = False
        if request.exempt or reading.cautions(request.home):
            from ringfence.engine.exemptions import insistence, is_protected  # most need neither

            insisting, protected = insistence(request, reading), is_protected(request, reading)
        if found := _parts(request, reading):
            return _with_unread(reading, self._apart(*found[0], found[1]))
        if held := reasons_to_hold(request, reading, now):
            both = apart(request, held, why_held(request, reading), request.held_back)
            return _with_unread(reading, self._apart(*both, held))
        try:
            result = _with_exempt(insisting, protected, self._move(request, reading, now))
            return _with_pauses(request, reading, result, now)
        except LimitReached as reached:
            return self._limited(request, reading, reached, now)

    def _continued(self, request: ResponseRequest, reading: Reading, now: datetime) -> ResponseResult:
        """Continue what has begun. Raises NotBegun if the policy must decide about the finding again."""
        from ringfence.engine.unbegun import permitted  # a finding does not need it

        if request.approving:
            return self._due(request, reading, now)
        acting = permitted(request, reading, now)
        if acting is None:
            from ringfence.engine.unchanged import nothing_left

            return nothing_left(reading.history)
        if acting != request:
            return self._attempt(acting)  # the first stage of what is left reads something else
        return _with_pauses(request, reading, self._move(request, reading, now), now)

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
        if isinstance(found, NothingDue | Ended):
            from ringfence.engine.unchanged import answered

            return answered(self.ports, request, reading.history, found)
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
            case Ignore():
                from ringfence.engine.unchanged import ignored  # containment does not wait for it

                return ignored(self.ports, request, move)
            case Record() | Defer() | BackOff():
                from ringfence.engine.unchanged import recorded

                return recorded(self.ports, request, move, now)
            case Close(prospect, gone):
                return self._stages(request, prospect, reading).conclude(gone)
            case Preview(prospect, refusal):
                from ringfence.engine.continuations import finishing
                from ringfence.engine.preview import preview

                shown = preview(self.ports, request, prospect, reading.found, refusal)
                return finishing(request, prospect.start.history, shown, now)
            case Act(prospect):
                stages = self._stages(request, prospect, reading)
                stages.check_pauses()
                return stages.act(reading.found)
            case _:
                assert_never(move)

    def _stages(self, request: ResponseRequest, prospect: Prospect, reading: Reading) -> StageRun:
        execution = Execution.of(request, prospect.start).adding(prospect.start.facts)
        return StageRun(self.ports, request, prospect, execution, reading.pauses)


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


def _with_unread(reading: Reading, result: ResponseResult) -> ResponseResult:
    from ringfence.engine.report import with_unread  # containment does not wait for it

    return with_unread(reading, result)


def _with_exempt(
    reasons: tuple[str, ...],
    protected: bool,  # noqa: FBT001 - beside the reasons
    result: ResponseResult,
) -> ResponseResult:
    return replace(result, exempt=reasons, protected=protected) if reasons else result
