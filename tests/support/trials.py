"""A subject to contain in a world where things fail, and ways in which they do.

A trial with a seed also loses answers, looks at the past, and takes time for each call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, continuation, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import (
    AccessDenied,
    BadInput,
    InternalError,
    NotFound,
    OutcomeUnknown,
    Refused,
    Retryable,
    RingfenceError,
)
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RunRequested, Verified
from ringfence.record.status import IncidentStatus
from tests.support.fakes.chaos import Chaos, at_rest
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import goes_on
from tests.support.going_on import gone_on
from tests.support.worlds import LEASE, Ticking, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.ports import AuditLog, Cloud
    from ringfence.engine.results import ResponseResult
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.record.facts import FindingReceived
    from ringfence.record.history import History

FAILURES: tuple[RingfenceError, ...] = (
    Refused("it will never be done"),
    Retryable("not now"),
    NotFound("it is not there any more"),
    BadInput("answer.Field", "is missing"),
    InternalError("two things that cannot both be"),
)
NAMES = {type(one).__name__: one for one in FAILURES}
UNREADABLE = (
    *(one for one in FAILURES if not isinstance(one, NotFound)),
    AccessDenied("elbv2: AccessDenied: with an explicit deny in a service control policy"),
)
ROUNDS = 8
"""How often a message comes back at most because an answer was lost."""
SEEDS = (None, 1, 2)
EACH_SEED = pytest.mark.parametrize("seed", SEEDS, ids=["calm", "chaos-1", "chaos-2"])
"""A trial in which only the law's failures occur, and two in which answers are lost and looks are stale."""
CONTAINED = {IncidentStatus.CONTAINED, IncidentStatus.COMPLETE}


def aim(step: Step) -> str:
    """Return what a step changes, without the time up to which it denies: that is the time of the change."""
    return re.sub(r"-before-[0-9TZ]+", "", step.target)


def never(_: Step) -> bool:
    """Say of no step that it fails."""
    return False


@dataclass
class Failing:
    """Raises for steps of these kinds, and for others that are named by `also`."""

    failure: RingfenceError
    kinds: tuple[type[Step], ...] = ()
    also: Callable[[Step], bool] = never
    met: list[Step] = field(default_factory=list)

    def __call__(self, step: Step) -> None:
        if isinstance(step, self.kinds) or self.also(step):
            self.met.append(step)
            # All tests share it: its traceback would grow with each, and hold all that they made.
            raise self.failure.with_traceback(None)


NOTHING_FAILS = Failing(FAILURES[0])


class Trial:
    """One subject to contain, in a world where things fail. `choices` are the defaults unless given."""

    def __init__(  # noqa: PLR0917 - what differs between laws comes first
        self,
        runbook: Runbook,
        world: ResourceState,
        failing: Failing = NOTHING_FAILS,
        choices: tuple[tuple[str, str], ...] | None = None,
        received: FindingReceived | None = None,
        seed: int | None = None,
    ) -> None:
        self.runbook = runbook
        self.ref = world.ref
        self.clock = Ticking()
        self.cloud = MemoryCloud(world, self.clock, refuse=failing)
        self.log = MemoryLog()
        self.choices = runbook.choose({}) if choices is None else choices
        self.received = received or finding(
            subjects=(self.ref,), remote_addresses=("198.51.100.7", "2001:db8::7")
        )
        self._attempts = 0
        self.chaos = None if seed is None else Chaos.of_lost_answers(seed, self.clock)
        if self.chaos:
            self.cloud.lag = self.chaos.lag

    def run(self, *, stages: int | None = None) -> ResponseResult:
        """One execution; what it raises is raised. Where answers are lost, it follows some that lost them."""
        if self.chaos:
            self.run_whatever_happens(stages=stages)
        with at_rest(self.chaos):
            return self._run(stages)

    def look_again(self, *, stages: int | None = None) -> None:
        """Let a message come back whose looks were stale, until they are not. Where none is: nothing."""
        if self.chaos:
            with at_rest(self.chaos):
                self.run_whatever_happens(stages=stages)

    def _run(self, stages: int | None) -> ResponseResult:
        result = self._respond(stages=stages)
        if result.error:
            raise result.error
        return result

    @property
    def engine(self) -> Engine:
        through = Through(self.cloud, self.log, self.chaos) if self.chaos else None
        cloud: Cloud = through or self.cloud
        log: AuditLog = through or self.log
        return Engine(Ports(cloud, log, self.clock, lambda jobs: [job() for job in jobs]))

    def _respond(self, *, stages: int | None) -> ResponseResult:
        self._attempts += 1
        self.clock.tick(minutes=5)
        given = order(
            self.clock(),
            attempt=f"a-{self._attempts}",
            received=self.received,
            runbook=self.runbook,
            stages=stages,
        )
        self.last = replace(given, ref=self.ref, choices=self.choices)
        return self.engine.run(self.last)

    def run_whatever_happens(self, *, stages: int | None = None) -> None:
        """One execution, as the outermost edge sees it: what it raises brings the message back.

        It comes back here only because an answer was lost.
        """
        for _ in range(ROUNDS):
            lost = self.lost
            try:
                self._run(stages)
            except RingfenceError as error:
                assert error in FAILURES or isinstance(error, Retryable)  # noqa: PT017 - which one does not matter
            if self.lost == lost:
                return

    def run_for(self, request: RunRequested) -> ResponseResult:
        """The first stage, as a person asks for it."""
        self._attempts += 1
        given = order(
            self.clock(), attempt=f"p-{self._attempts}", runbook=self.runbook, stages=1, request=request
        )
        return self.engine.run(replace(given, ref=self.ref, choices=self.choices))

    def release(self) -> ResponseResult:
        """Release the incident."""
        until, wish = self.clock() + LEASE, RunRequested("release", "it is over")
        asked = ResponseRelease(
            self.runbook.id, self.ref, self.history.incident, "r-1", "a person", until, wish
        )
        return Releaser(self.engine.ports).release(asked)

    def deliver(self) -> None:
        """Deliver the finding, and the continuation that it asks for, as the functions do it."""
        result = self._heard(lambda: self._respond(stages=1))
        if not goes_on(result):
            return
        message = continuation(self.last, result)
        for _ in range(ROUNDS):
            lost = self.lost
            self._heard(lambda: self._resumed(message))
            if self.lost == lost:
                return
            self.clock.tick(minutes=2)

    def _resumed(self, message: str) -> ResponseResult:
        self._attempts += 1
        self.clock.tick(seconds=1)
        context = ExecutionContext(f"a-{self._attempts}", "test", self.clock() + LEASE)
        return gone_on(self.engine, resumed(message, self.runbook, context))[1]

    def _heard(self, execution: Callable[[], ResponseResult]) -> ResponseResult:
        """Bring a message back whose execution ended because an answer was lost, and for no other reason."""
        for _ in range(ROUNDS):
            lost = self.lost
            try:
                return execution()
            except OutcomeUnknown:
                assert self.lost > lost
                self.clock.tick(minutes=2)
        raise AssertionError("each time an answer is lost")

    @property
    def lost(self) -> int:
        """How many answers were lost."""
        return self.chaos.lost if self.chaos else 0

    def lose(self, observation: Observation) -> None:
        """What was gone when a step came to it is not seen any more either."""
        assert self.cloud.world
        self.cloud.world = self.cloud.world.with_observation(observation)

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(self.runbook.id, self.ref.key))

    @property
    def verdicts(self) -> tuple[Verified, ...]:
        return self.history.of(Verified)

    @property
    def verified(self) -> Verified | None:
        return self.history.verified
