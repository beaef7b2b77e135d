"""A deployment in a bad hour: findings, deaths, lost answers, stale looks and releases on one world.

Each message is handled by a process of its own; a seed says which process makes the next call. Messages come
back as their queue would bring them, and a person repeats a release that was not done.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext, completion, continuation, recheck, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.results import FollowupKind
from ringfence.engine.run import Engine
from ringfence.engine.stopped_release import release_check, release_watchdog
from ringfence.handlers.operator_api import MARGIN
from ringfence.model.errors import Refused, Retryable
from ringfence.model.incident import Incident
from ringfence.observations.iam.denial import Denial
from ringfence.record.facts import FindingReceived, Intended, RunRequested
from ringfence.record.history import History
from ringfence.record.status import IncidentStatus
from tests.support.fakes.baton import Process
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.interruption import Killed, Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.runbook_worlds import everything, worlds_of
from tests.support.worlds import NOON, Ticking, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Case

HOUR = timedelta(minutes=5)
"""How long the chaos lasts."""
LEASE = timedelta(seconds=25)
MOST_TRIES, MOST_TURNS = 40, 20_000


@dataclass
class Message:
    """What a process handles: `body` is a finding, a continuation, or None for a release."""

    body: FindingReceived | str | None
    tries: int = 0


class Simulation:
    """One subject, and everything that happens to it. Equal seeds give equal runs."""

    def __init__(self, case: Case, seed: int) -> None:
        self.case = case
        self.clock = Ticking()
        self.chaos = Chaos(seed, self.clock)
        self.random = self.chaos.random
        self.cloud = MemoryCloud(case.world, self.clock, refuse=self.is_recorded, lag=self.chaos.lag)
        self.log = MemoryLog()
        self.before = shown(case, case.world)
        self._due: list[tuple[float, int, Message]] = []
        self._processes: list[Process] = []
        self._count = 0
        self._again = False

    def run(self) -> None:
        """Let everything happen, and then let the messages that are left come to their end."""
        minute = 60 * self.random.random()
        for number in range(self.random.randint(1, 3)):
            self.put(Message(None if number == 2 else self.finding(number)), minute * number)
        if self.random.random() < 0.7:
            self.put(Message(None), self.random.uniform(1, 200))
        for _ in range(MOST_TURNS):
            self.chaos.calm = self.clock() > NOON + HOUR
            if not self.turn():
                break
        else:
            raise AssertionError("it does not come to an end")
        self.check_end()

    def turn(self) -> bool:
        """Let one process make its next call. Return whether anything is left to happen."""
        while self._due and (not self._processes or self._due[0][0] <= self.seconds):
            due, _, message = heapq.heappop(self._due)
            self.clock.tick(seconds=max(0, due - self.seconds))
            self._processes.append(Process(lambda me, message=message: self.handle(me, message)))  # type: ignore[misc]
        if not self._processes:
            return False
        process = self.random.choice(self._processes)
        process.step()
        if process.ended:
            self._processes.remove(process)
        return True

    @property
    def seconds(self) -> float:
        """The time since noon."""
        return (self.clock() - NOON).total_seconds()

    def put(self, message: Message, seconds: float) -> None:
        """Let a message become due."""
        self._count += 1
        heapq.heappush(self._due, (self.seconds + seconds, self._count, message))

    def finding(self, number: int) -> FindingReceived:
        """Return a finding; its activity is seen when it arrives."""
        return self.case.received(f"f-{number}")[0]

    def handle(self, process: Process, message: Message) -> None:
        """Handle a message as its function would, and let it come back as its queue would."""
        message.tries += 1
        until = self.clock() + LEASE
        again: float | None = min(5 << min(message.tries - 1, 8), 60)

        def gate(_: str, call: Callable[[], object]) -> object:
            process.pause()
            return self.chaos(_, call)

        through = Through(self.cloud, self.log, gate)
        ports = Ports(through, through, self.clock, lambda jobs: [job() for job in jobs])
        try:
            if message.body is None:
                again = self.release(ports, f"r-{self._name()}")
            elif not self.respond(ports, message.body, f"a-{self._name()}"):
                again = None
        except Killed:
            again = max((until - self.clock()).total_seconds(), 0) + 10
            if message.body is None and self.random.random() < 0.5:
                again = None  # the person does not ask again
        except Retryable:
            pass
        except Refused:
            again = None
        if again is not None:
            assert message.tries < MOST_TRIES, "it comes back for ever"
            self.put(message, again)

    def _name(self) -> int:
        self._count += 1
        return self._count

    def respond(self, ports: Ports, body: FindingReceived | str, attempt: str) -> bool:
        """Answer a finding or go on. Return whether the message must come back."""
        context = ExecutionContext(attempt, "test", self.clock() + LEASE)
        if isinstance(body, str) and (check := release_check(body, self.case.runbook.id)):
            return bool(Releaser(ports).check(check, context))
        request = self.request(body, attempt)
        report = Engine(ports).run(request)
        for followup in report.followups:
            if followup.kind is FollowupKind.RECHECK:
                self.put(Message(recheck(request, report)), followup.after.total_seconds())
            elif followup.kind is FollowupKind.CONTINUE:
                begun = followup.begun
                text = completion(request, report, begun) if begun else continuation(request, report)
                self.put(Message(text), followup.after.total_seconds())
        if report.verified and report.verified.contained:
            self.check_contained(report)
        return report.follows(FollowupKind.RETRY)

    def request(self, body: FindingReceived | str, attempt: str) -> ResponseRequest:
        """Return what to ask of the engine."""
        context = ExecutionContext(attempt, "test", self.clock() + LEASE)
        if isinstance(body, str):
            return resumed(body, self.case.runbook, context)
        given = order(self.clock(), attempt=attempt, received=body, runbook=self.case.runbook, stages=1)
        return replace(given, ref=self.case.state.ref, choices=self.case.chosen, until=context.until)

    def release(self, ports: Ports, attempt: str) -> float | None:
        """Release what is newest. Return after how many seconds the person asks again.

        After the first release there is new activity.
        """
        history = self.history
        if not history.entries:
            return None
        asked = ResponseRelease(
            runbook=self.case.runbook.id,
            ref=self.case.state.ref,
            incident=history.incident,
            attempt=attempt,
            actor="ann",
            until=self.clock() + LEASE,
            request=RunRequested("release", "false alarm"),
        )
        self.put(Message(release_watchdog(asked)), (LEASE + MARGIN).total_seconds())
        report = Releaser(ports).release(asked)
        if report.status is not IncidentStatus.RELEASED:
            return self.random.uniform(5, 70)
        self.check_released(report)
        if not self._again and not self.chaos.calm:
            self._again = True
            self.put(Message(self.finding(9)), self.random.uniform(1, 20))
        return None

    @property
    def history(self) -> History:
        """The newest incident."""
        return self.log.read(self.case.key)

    def is_recorded(self, step: Step) -> None:
        """Every change stands behind an intent that has no outcome yet."""
        assert step in {one.step for _, one in self.history.open_intents}, step

    def check_released(self, report: ResponseResult) -> None:
        """What is called released is as it was, unless somebody has acted since."""
        assert self.cloud.world
        if self.history.incident == report.incident:
            assert shown(self.case, self.cloud.world) == self.before, "released, and not as it was"

    def check_contained(self, report: ResponseResult) -> None:
        """What is called contained is contained, unless a release has begun since."""
        history = self.history
        if history.incident == report.incident and history.release_asked_at is None:
            assert self.left(history) == (), "contained, and something is left"

    def left(self, history: History) -> tuple[Step, ...]:
        """Return what a plan of the first stage finds left to do in the world as it is."""
        assert self.cloud.world
        incident = Incident(
            history.incident, history.opened_at or NOON, choices=self.case.chosen, past=history.steps()
        ).with_findings(one.finding for one in history.of(FindingReceived))
        first = self.case.runbook.on(self.case.state.ref).stages[0]
        return tuple(step for step in first.plan(self.cloud.world, incident) if not step.best_effort)

    def check_end(self) -> None:
        """Everything came to its end: the newest record is so, and every chain is sound."""
        assert self.cloud.world
        history = self.history
        if history.released_at is not None:
            assert shown(self.case, self.cloud.world) == self.before, "released in the end, and not as it was"
        elif history.entries and history.release_asked_at is None:
            assert history.verified, "nothing was verified"
            assert history.verified.contained, "not contained in the end"
            assert self.left(history) == (), "contained in the end, and something is left"
        for incident in {entry.incident for entry in self.log.all(self.case.key)}:
            one = History(tuple(e for e in self.log.all(self.case.key) if e.incident == incident))
            names = Counter(intended.intent for intended in one.of(Intended))
            assert set(names.values()) <= {1}, "two intents have one name"
            assert not one.open_intents, "an intent is open, and nobody comes back"


def shown(case: Case, world: ResourceState) -> object:
    """Say of a world what a release gives back, and nothing that it leaves."""
    comparable = worlds_of(case.runbook.id).comparable
    if comparable is not everything:
        return comparable(world, world.names())
    return {
        kind: one.reaches() if isinstance(one, Denial) else one for kind, one in world.observations.items()
    }
