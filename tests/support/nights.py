"""The two queues of a runbook over hours: findings, continuations, and what returns when, without waiting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext, completion, continuation, recheck, resumed
from ringfence.engine.results import FollowupKind
from ringfence.handlers.queue import Message
from ringfence.model.errors import RingfenceError
from tests.support.going_on import gone_on
from tests.support.worlds import AUTO, LEASE, finding, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.again import Again
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.policy.decision import Decision
    from ringfence.record.facts import FindingReceived
    from tests.support.trials import Trial


@dataclass(order=True)
class _Delivery:
    at: datetime
    number: int
    body: str = field(compare=False)
    received: int = field(compare=False, default=1)
    finding: FindingReceived | None = field(compare=False, default=None)


@dataclass
class Night:
    """Delivers what is due, and lets it return as the functions do. `decision` is what the policy says."""

    trial: Trial
    decision: Decision = AUTO
    continuations: int = 0
    deliveries: int = 0
    _due: list[_Delivery] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def send(self, id_: str = "f-1") -> None:
        """A finding about the subject, as of now."""
        received = finding(
            id_, updated=self.trial.clock(), subjects=(self.trial.ref,), remote_addresses=("198.51.100.7",)
        )
        self._put(self.trial.clock(), "", finding=received)

    def until(self, end: datetime) -> None:
        """Deliver what is due until then."""
        while self._due and self._due[0].at <= end:
            one = heappop(self._due)
            self.trial.clock.now = max(self.trial.clock.now, one.at)
            self.deliver(one)
        self.trial.clock.now = end

    def after(self, **delta: float) -> None:
        """Deliver what is due in the time to come."""
        self.until(self.trial.clock() + timedelta(**delta))

    def deliver(self, one: _Delivery) -> None:
        self.deliveries += 1
        request = self._request(one, f"n-{self.deliveries}")
        try:
            request, result = gone_on(self.trial.engine, request, self.decision)
        except RingfenceError:
            self._return(one)
            return
        for followup in result.followups:
            if followup.kind is not FollowupKind.RETRY:
                self.continuations += 1
                self._put(self.trial.clock() + followup.after + timedelta(seconds=1), _body(request, result))
        if result.follows(FollowupKind.RETRY) or result.error:
            self._return(one, result.again())

    def _request(self, one: _Delivery, attempt: str) -> ResponseRequest:
        now, trial = self.trial.clock(), self.trial
        if one.finding is None:
            return resumed(one.body, trial.runbook, ExecutionContext(attempt, "test", now + 10 * LEASE))
        given = order(
            now,
            attempt=attempt,
            decision=self.decision,
            received=one.finding,
            runbook=trial.runbook,
            stages=1,
        )
        return replace(given, ref=trial.ref, choices=trial.choices)

    def _return(self, one: _Delivery, again: tuple[Again, ...] = ()) -> None:
        wait = Message("m", one.body, "r", one.received).returns_after(again)
        at = self.trial.clock() + timedelta(seconds=wait)
        self._put(at, one.body, one.received + 1, one.finding)

    def _put(
        self, at: datetime, body: str, received: int = 1, finding: FindingReceived | None = None
    ) -> None:
        heappush(self._due, _Delivery(at, next(self._numbers), body, received, finding))


def _body(request: ResponseRequest, result: ResponseResult) -> str:
    (followup, *_) = (one for one in result.followups if one.kind is not FollowupKind.RETRY)
    if followup.kind is FollowupKind.RECHECK:
        return recheck(request, result)
    if followup.begun:
        return completion(request, result, followup.begun)
    return continuation(request, result)
