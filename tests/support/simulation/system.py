"""A deployment in bad times: all functions, queues, people and intruders on one cloud and one log in memory.

Each execution is a process of its own that waits before every call to the outside. Its waiting times, its
faults and everything that happens around it depend on the seed alone. The invariants are checked at each
change and each append, and at the end.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import UUID

import respond
from ringfence.engine.intake import ExecutionContext
from ringfence.engine.pauses import PauseKeeper, home_of
from ringfence.engine.ports import Ports
from ringfence.events.cloudtrail.trigger.undoing import undoing_calls
from ringfence.handlers import wiring
from ringfence.handlers.approval_schedules import ApprovalSchedules
from ringfence.handlers.notify import Notifier
from ringfence.handlers.operator_api import OperatorService
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.handlers.rechecks import KeptList, Rechecks, Verifier
from ringfence.handlers.stream import INSERT
from ringfence.handlers.stream import Change as StreamChange
from ringfence.model.codec import encode, instant_text
from ringfence.model.errors import BadInput, Refused, Retryable, RingfenceError
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State
from ringfence.record.approvals import waiting
from ringfence.record.chain import ChainKey, Lease
from ringfence.record.deployment_facts import Pause
from ringfence.record.facts import RELEASE
from ringfence.record.history import History
from ringfence.record.pauses import PAUSE
from ringfence.record.timeline import timeline
from stacks.times import CONTAIN, CONTINUE, OPERATE_TIMEOUT, RECHECK
from tests.support.fakes.baton import Process
from tests.support.fakes.interruption import Killed
from tests.support.fakes.memory_cloud import Made, MemoryCloud
from tests.support.fakes.memory_containments import MemoryContainments
from tests.support.fakes.memory_log import MemoryLog
from tests.support.simulation import invariants, shell
from tests.support.simulation.faults import SKEW, STALLED, TWICE, Chances, Faults
from tests.support.simulation.invariants import Change
from tests.support.simulation.queues import Letter, MemoryQueue
from tests.support.simulation.scenario import BAD_TIMES, Act, policy_of, scenario
from tests.support.simulation.story import Story
from tests.support.simulation.stream import SEEDS, AuditStream
from tests.support.worlds import NOON, Ticking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ringfence.aws.incidents import Response
    from ringfence.aws.notice import Topic
    from ringfence.model.call import SansIO
    from ringfence.model.claims import Checked
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.reviews import Listed, Review
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit
    from ringfence.policy.policy import Policy
    from ringfence.record.chain import Entry, Slot
    from ringfence.record.notices import Notice
    from ringfence.record.pauses import Pauses
    from tests.support.simulation.faults import Outage
    from tests.support.simulation.scenario import Subject

T = TypeVar("T")
MOST_EVENTS, LOOK_EVERY, LAST_LOOKS = 60_000, 240.0, (60.0, 400.0, 1200.0, 1300.0)
"""The end of a run that never ends; the schedule of the looks, and those after the bad times."""
PATIENCE = 12
"""How often a person repeats what failed for now."""


class Wrong(AssertionError):
    """An invariant does not hold."""


class Execution:
    """One execution of a function: its name, its clock, its calls and its end."""

    def __init__(self, system: System, name: str, runbook: str, timeout: float, source: str = "") -> None:
        self.system, self.name, self.runbook, self.source = system, name, runbook, source
        self.attempt = str(UUID(int=int(system.chances.unit(name, "id") * 2**56)))
        self.skew = SKEW * system.chances.between(-1, 1, name, "skew") / 2
        self.ends_at = system.seconds + timeout
        self.calls = 0
        self.looked: dict[str, datetime] = {}
        self.process: Process | None = None

    def start(self, work: Callable[[], None]) -> None:
        """Begin its work with its first turn, which is now."""

        def run(_: Process) -> None:
            shell.enter(self)
            try:
                work()
            except Killed:
                self.system.died(self)

        self.process = Process(run)
        self.turn()

    def turn(self) -> None:
        """Let it go on up to its next call."""
        assert self.process
        self.process.step()

    def gate(self, call: str, words: str, function: Callable[[], T], kind: str = "") -> T:
        """Make a call to the outside in this execution's own time, with the fault that it has."""
        system, self.calls = self.system, self.calls + 1
        label = (self.name, self.calls)
        wait = system.chances.between(0.001, 0.08, *label, "takes")
        if system.faults.happens(STALLED, *label, "stalls"):
            wait += system.chances.between(5, 45, *label, "stalls for")
        if not system.passes(wait):
            system.after(wait, self.turn)
            assert self.process
            self.process.pause()
        if system.seconds > self.ends_at:
            system.story.tell(self.name, "its time is over, in the middle of its work")
            raise Killed
        system.story.tell(self.name, words)
        if outage := system.outage(call, kind):
            system.story.tell(self.name, f"  and is told: {outage}")
            raise outage
        fate = system.faults.fate(call, *label)
        if fate:
            system.story.tell(self.name, f"  the call is {fate}")
        return system.faults.through(fate, call, function, *label)

    def context(self) -> shell.Context:
        """Return what the runtime hands over."""
        return shell.Context(self.attempt, self.ends_at - self.system.seconds)

    # What the wiring asks for, and the two ports: each call goes through the gate.
    def now(self) -> datetime:
        return self.system.clock() + self.skew

    def policy(self) -> Policy:
        return self.system.policy

    def queue(self, url: str) -> shell.Queue:
        return Sender(self, self.system.queues[url])

    def ports(self, role: str = "") -> Ports:  # noqa: ARG002 - every role may do what its function asks for
        return Ports(self, self, self.now, self.in_any_order)

    def in_any_order(self, jobs: Sequence[Callable[[], object]]) -> Sequence[object]:
        """Run jobs in an order that the seed chooses, and raise the first error after all of them."""
        order = sorted(
            range(len(jobs)), key=lambda job: self.system.chances.unit(self.name, self.calls, "job", job)
        )
        found: dict[int, object] = {}
        errors: list[BaseException] = []
        for number in order:
            try:
                found[number] = jobs[number]()
            except RingfenceError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return [found[number] for number in range(len(jobs))]

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        names = ", ".join(kind.__name__ for kind in observations)
        look = partial(self.system.observe, self, ref, observations, past)
        return self.gate("observe", f"looks at {ref.id}: {names}", look)

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        cloud = self.system.cloud_of(ref)
        return self.gate(
            "confirm", f"asks whether the claim about {ref.id} holds", lambda: cloud.confirm(ref, finding)
        )

    def listed(self, account: str, region: str, review: Review) -> Listed:
        raise NotImplementedError

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:  # noqa: ARG002 - its name is canonical
        return ref

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:
        words = f"changes: {step.describe()}"
        change = partial(self.system.apply, self, ref, step, names, permit)
        return self.gate("apply", words, change, type(step).__name__)

    def read(self, key: ChainKey) -> History:
        return self.gate("read", f"reads the chain of {key.subject}", lambda: self.system.log.read(key))

    def pauses(self) -> Pauses:
        """Read what is paused, at the time of another read. So the calls of each execution stay the same."""
        if self.system.faults.happens(0.03, self.name, self.calls, "the pauses are not read"):
            raise Retryable("dynamodb:BatchGetItem: RequestLimitExceeded")
        self.system.story.tell(self.name, "reads what is paused")
        return self.system.log.pauses()

    def keep_share(self, share: Slot, size: int) -> None:
        self.gate("append", "keeps the size of a group", lambda: self.system.log.keep_share(share, size))

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        names = ", ".join(type(entry.fact).__name__ for entry in entries) or "only the lease"
        self.gate(
            "append",
            f"appends {names}",
            lambda: self.system.append(self, key, history, entries, lease, slots),
        )


@dataclass(frozen=True)
class Sender:
    """A queue, as an execution uses it."""

    execution: Execution
    to: MemoryQueue

    def send(self, body: str, seconds: int = 0) -> None:
        what = f"sends a message to {self.to.name}, due in {seconds} s"
        self.execution.gate("send", what, lambda: self.execution.system.put(self.to, body, seconds))

    def come_back(self, receipt: str, seconds: int) -> None:
        self.execution.gate(
            "come back", f"lets its message come back in {seconds} s", lambda: self._delay(receipt, seconds)
        )

    def prove(self, receipt: str, seconds: int) -> str:
        return self.execution.gate(
            "prove", "asks the queue for its message", lambda: self._prove(receipt, seconds)
        )

    def _prove(self, receipt: str, seconds: int) -> str:
        letter = next(one for one in self.to.letters if one.id == receipt)
        if letter.done or letter.visible_at <= self.execution.system.seconds:
            return "its receipt handle is of no message that is being handled"
        self._delay(receipt, seconds)
        return ""

    def _delay(self, receipt: str, seconds: int) -> None:
        system = self.execution.system
        letter = next(one for one in self.to.letters if one.id == receipt)
        letter.visible_at = system.seconds + seconds
        system.after(seconds, lambda: system.deliver(self.to, letter))


@dataclass
class Notices:
    """A topic, and what was published on it."""

    system: System
    told: list[tuple[datetime, str, str]] = field(default_factory=list)
    chain: str = ""

    def publish(self, notice: Notice) -> None:
        self.system.story.tell("notice", notice.subject)
        self.told.append((self.system.clock(), self.chain, notice.subject))

    def confirmed(self) -> int:
        """Sometimes nobody is subscribed."""
        return int(self.system.chances.unit("nobody is subscribed") > 0.2)


class _ByRunbook(Mapping[str, str]):
    """The second queues by runbook."""

    def __getitem__(self, runbook: str) -> str:
        return f"{runbook}/continuations"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class System:
    """Everything that happens with one seed, or with a part of its scenario and its faults."""

    def __init__(
        self,
        seed: int,
        family: str = "",
        *,
        without: Iterable[str] = (),
        told: bool = False,
        steps: int = 0,
        outages: tuple[Outage, ...] = (),
        pauses: int = 0,
    ) -> None:
        self.steps = steps or MOST_EVENTS
        self.pauses = pauses
        self.paused_since: dict[str, datetime] = {}
        self.isolated_alone: dict[str, datetime] = {}
        self.scenario = scenario(seed, family)
        if outages:
            self.scenario = replace(self.scenario, outages=outages)
        self.chances = Chances(seed)
        self.faults = Faults(self.chances, frozenset(without))
        self.clock = Ticking()
        self.story = Story(self.clock, wanted=told)
        self.log = MemoryLog()
        self.stream = AuditStream(self.log.seals) if seed % SEEDS == 0 else None
        self.listed = MemoryContainments(self.log)
        self.policy = policy_of(self.scenario.subjects, "auto")
        self.deployed = {self.policy.digest}
        self.modes = {"auto"}
        self.changes: dict[str, list[Change]] = {}
        self.moved_at: dict[str, datetime] = {}
        self.accepted: dict[str, str] = {}
        self.dead: dict[str, datetime] = {}
        self.notices = Notices(self)
        schedules = ApprovalSchedules(self, self.notices, _ByRunbook(), self.clock)
        topic = cast("Topic", self.notices)
        self.notifier = Notifier(self, topic, approvals=schedules)  # type: ignore[arg-type]  # it is the reader, too
        self.scheduled: set[str] = set()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._found: list[str] = []
        self.clouds = {
            one.home: MemoryCloud(one.case.world, self.clock, lag=self._lag) for one in self.scenario.subjects
        }
        self.runbooks = {one.case.runbook.id: one.case.runbook for one in self.scenario.subjects}
        self.queues = {
            f"{id_}/{name}": MemoryQueue(f"{id_}/{name}", times.visibility, times.receives)
            for id_ in self.runbooks
            for name, times in (("findings", CONTAIN), ("continuations", CONTINUE), ("calls", RECHECK))
        }
        self.kept_lists = {id_: KeptList(self.listed, self.clock) for id_ in self.runbooks}
        self._acting: Execution | None = None

    # Time.

    @property
    def seconds(self) -> float:
        """The time since noon."""
        return (self.clock() - NOON).total_seconds()

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something after some seconds."""
        self._count += 1
        heapq.heappush(self._due, (self.seconds + seconds, self._count, what))

    def passes(self, seconds: float) -> bool:
        """Let time pass if nothing else happens meanwhile. Return whether it did: no process must change."""
        if self._found or (self._due and self._due[0][0] <= self.seconds + seconds):
            return False
        self._now(self.seconds + seconds)
        return True

    def _now(self, seconds: float) -> None:
        self.clock.now = max(self.clock.now, NOON + timedelta(seconds=seconds))
        self.faults.calm = self.seconds > BAD_TIMES

    def run(self) -> System:
        """Let everything happen, and then let what is left come to its end. Raises Wrong."""
        with shell.deployed():
            self._plan()
            for _ in range(self.steps):
                if not self._due:
                    break
                at, _, what = heapq.heappop(self._due)
                self._now(at)
                what()
                self.check(())
            else:
                self.check(["it does not come to an end"] if self.steps == MOST_EVENTS else ())
                return self
            self.check(self._at_the_end())
        return self

    def check(self, found: Iterable[str]) -> None:
        """Raise Wrong if anything is wrong."""
        self._found.extend(found)
        if self._found:
            self.story.tell("WRONG", self._found[0])
            raise Wrong(self._found[0])

    def _plan(self) -> None:
        for act in self.scenario.acts:
            if str(act) not in self.faults.without:
                self.after(act.at, partial(self._act, act))
        for number in range(self.pauses):
            self.after(self.chances.between(1, 120, "pause", number, "at"), partial(self._pause, number, 0))
        for number in range(int(BAD_TIMES // LOOK_EVERY)):
            self.after(LOOK_EVERY * (number + 1), self._look)
        for seconds in LAST_LOOKS:
            self.after(BAD_TIMES + seconds, self._look)

    # What the executions ask for.

    def cloud_of(self, ref: Ref) -> MemoryCloud:
        return self.clouds[self._subject(ref).home]

    def _subject(self, ref: Ref) -> Subject:
        return next(one for one in self.scenario.subjects if one.ref.key == ref.key)

    def _lag(self) -> timedelta:
        execution = self._acting
        if execution is None:
            return timedelta(0)
        lag = self.faults.lag(execution.name, execution.calls)
        if lag:
            self.story.tell(execution.name, f"  and sees the world of {lag.total_seconds():.0f} s ago")
        return lag

    def observe(
        self,
        execution: Execution,
        ref: Ref,
        observations: Sequence[type[Observation]],
        past: tuple[Step, ...],
    ) -> ResourceState:
        self._acting = execution
        cloud = self.cloud_of(ref)
        try:
            seen = cloud.observe(ref, observations, past)
        finally:
            self._acting = None
        earliest = self.clock() - timedelta(seconds=60)
        execution.looked.setdefault(self._subject(ref).home, earliest)
        return seen

    def apply(self, execution: Execution, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:
        permit.check(ref, execution.now())
        subject = self._subject(ref)
        history = self.log.read(subject.key)
        stages = {
            one.step: one.stage for entry, one in history.open_intents if entry.attempt == execution.attempt
        }
        self._found.extend(invariants.has_intent(history, execution.attempt, step))
        self._found.extend(invariants.is_one_writer(history.lease, execution.attempt, self.clock()))
        if stages.get(step) != RELEASE:
            holding = self.log.pauses().holding(
                subject.key.runbook, ref.account, history.incident, self.clock() + SKEW
            )
            self._found.extend(invariants.is_not_paused(holding, self.paused_since, self.clock()))
            self._found.extend(
                invariants.limit_holds(subject, history, step, self.isolated_alone, self.clock())
            )
        cloud, undoes = self.clouds[subject.home], stages.get(step) == RELEASE
        before = cloud.world
        made = cloud.apply(ref, step, names, permit)
        assert before
        assert cloud.world
        for other in self.scenario.subjects if undoes else ():
            if other.home == subject.home and other is not subject:
                known = self.log.read(other.key)
                self._found.extend(invariants.nothing_needed_is_taken(other, known, before, cloud.world))
        self.changes.setdefault(subject.home, []).append(
            Change(self.clock(), subject.key.text, history.incident, execution.attempt, step, undoes)
        )
        return made

    def append(  # noqa: PLR0917 - the port's own, and who calls it
        self,
        execution: Execution,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot],
    ) -> None:
        if key.runbook == PAUSE:
            self.log.append(key, history, entries, lease, slots)
            for one in self.log.pauses().active:
                self.paused_since.setdefault(one.id, self.clock())
            return
        before, held = self.log.all(key), self.log.read(key).lease
        known = {(entry.incident, entry.seq) for entry in before}
        self.log.append(key, history, entries, lease, slots)
        added = [entry for entry in self.log.all(key) if (entry.incident, entry.seq) not in known]
        if self.stream:
            self.stream.deliver(key, added)
        for row in timeline(added) if self.story.wanted else ():
            self.story.tell(
                execution.name, f"  recorded: {row.rendered.words} {row.rendered.result}".rstrip()
            )
        self._found.extend(self._after_append(execution, key, before, added))
        if lease is not None and lease.owner and held != lease:
            self._found.extend(invariants.is_taken_fairly(held, lease, execution.attempt, self.clock()))
        for entry in added:
            self.after(
                self.chances.between(0.05, 2, entry.incident, entry.seq, "streamed"),
                partial(self._notify, key, entry),
            )

    def _after_append(
        self, execution: Execution, key: ChainKey, before: Sequence[Entry], added: Sequence[Entry]
    ) -> Iterable[str]:
        subject = next(one for one in self.scenario.subjects if one.key == key)
        history, changes = self.log.read(key), self.changes.get(subject.home, [])
        yield from invariants.is_linked(before, added)
        yield from invariants.names_are_unique(history)
        yield from invariants.only_what_was_approved_begins(history, added)
        yield from invariants.decisions_name_their_policy(added, self.deployed)
        yield from invariants.tries_are_few(history, self.clock())
        yield from invariants.outcomes_are_true(history, added, changes)
        yield from invariants.nothing_is_recorded_twice(history, added, changes)
        worlds = self._worlds(subject, execution)
        yield from invariants.contained_is_contained(subject, history, added, worlds)
        yield from invariants.released_is_released(added, changes, worlds[-1])

    def _worlds(self, subject: Subject, execution: Execution) -> list[ResourceState]:
        """Return the worlds that a look of this execution can have shown, if somebody moved something."""
        cloud = self.clouds[subject.home]
        assert cloud.world
        moved = self.moved_at.get(subject.home)
        since = execution.looked.get(subject.home)
        if moved is None or since is None or moved < since:
            return [cloud.world]
        return [*(world for until, world in cloud._past if until > since), cloud.world]

    def put(self, queue: MemoryQueue, body: str, seconds: float) -> None:
        letter = queue.put(body, self.seconds + seconds)
        self.after(seconds, lambda: self.deliver(queue, letter))
        if self.faults.happens(TWICE, letter.id, "is delivered twice"):
            twin = queue.put(body, self.seconds + seconds)
            twin.id = f"{letter.id}-twin"
            self.after(
                seconds + self.chances.between(0, 3, letter.id, "twin"), lambda: self.deliver(queue, twin)
            )

    def outage(self, call: str, kind: str) -> RingfenceError | None:
        """Return the error of a call that is refused at this time. `kind` is the class of a step."""
        for one in self.scenario.outages:
            if not one.start <= self.seconds < one.end or f"outage {one}" in self.faults.without:
                continue
            if one.what in {call, kind}:
                return one.error()
        return None

    # The functions.

    def deliver(self, queue: MemoryQueue, letter: Letter) -> None:
        """Deliver a message if it is visible, and see to it that it comes back."""
        if not queue.take(letter, self.seconds):
            if letter.done and letter in queue.dead and letter.id not in self.dead:
                self.dead[letter.id] = self.clock()
                self.story.tell(queue.name, f"{letter.id} is a dead letter, and the alarm rings")
            return
        runbook, _, name = queue.name.partition("/")
        timeout = {"findings": CONTAIN, "continuations": CONTINUE, "calls": RECHECK}[name].timeout
        number = letter.id.removeprefix(f"{queue.name}-")
        execution = Execution(self, f"{queue.name} {number}.{letter.receives}", runbook, timeout, queue.name)
        self.after(queue.visibility, lambda: self.deliver(queue, letter))
        self.story.tell(execution.name, f"begins with {letter.id}, as execution {execution.attempt}")
        execution.start(partial(self._handle, execution, queue, letter))

    def _handle(self, execution: Execution, queue: MemoryQueue, letter: Letter) -> None:
        attributes = {"ApproximateReceiveCount": str(letter.receives)}
        record = {
            "messageId": letter.id,
            "body": letter.body,
            "receiptHandle": letter.id,
            "attributes": attributes,
        }
        event, context = {"Records": [record]}, execution.context()
        handlers = {"findings": respond.handler, "continuations": respond.resume, "calls": self._hear}
        try:
            answer = handlers[queue.name.partition("/")[2]](event, context)  # type: ignore[operator]
        except (Killed, Wrong):
            raise
        except Exception as error:  # noqa: BLE001 - the function fails, and its alarm rings
            self._found.append(f"the function failed: {type(error).__name__}: {error}")
            return
        letter.done = not cast("dict[str, list[object]]", answer)["batchItemFailures"]
        self.story.tell(execution.name, "ends" if letter.done else "ends, and its message comes back")

    def _hear(self, event: dict[str, list[dict[str, object]]], context: shell.Context) -> object:
        execution = cast("Execution", shell.here())
        rechecks, queue = self._rechecks(execution), f"{execution.runbook}/calls"
        source = wiring.source(queue, hidden(context))  # type: ignore[arg-type]  # all that is used of it
        return work_off(event, execution_of(context, "test", execution.now()), rechecks.heard, source)  # type: ignore[arg-type]

    def _rechecks(self, execution: Execution) -> Rechecks:
        runbook = self.runbooks[execution.runbook]
        later = execution.queue(f"{runbook.id}/continuations")
        verifier = Verifier(runbook, self.policy, execution.ports(), self.listed, later.send)
        return Rechecks(verifier, self.kept_lists[runbook.id])

    def _look(self) -> None:
        """The schedule: verify every open incident."""
        for runbook in self.runbooks:
            self._count += 1
            execution = Execution(self, f"schedule {runbook} {self._count}", runbook, RECHECK.timeout)
            self.story.tell(execution.name, "begins")
            execution.start(partial(self._scheduled, execution))

    def _scheduled(self, execution: Execution) -> None:
        context = execution_of(execution.context(), "test", execution.now())  # type: ignore[arg-type]
        with suppress(Retryable):  # the next look repeats it, and what is left of this one
            self._rechecks(execution).watch(context, execution.in_any_order, _unsent)

    def died(self, execution: Execution) -> None:
        """An execution is dead."""
        self.story.tell(execution.name, "dies")

    def _notify(self, key: ChainKey, entry: Entry) -> None:
        self.notices.chain = key.text
        self.notifier.act(StreamChange(INSERT, key.text, f"{entry.incident}#{entry.seq:06d}", entry))

    def entries(self, response: Response, upto: str = "~") -> tuple[Entry, ...]:
        """Return a response's entries, as the reader of the notices."""
        return tuple(
            entry
            for entry in self.log.all(response.key)
            if entry.incident == response.incident and f"{entry.incident}#{entry.seq:06d}" <= upto
        )

    def at(self, name: str, when: datetime, queue: str, message: str) -> None:
        """Send a message at a time, or up to a minute later, as EventBridge Scheduler does."""
        if name in self.scheduled:
            return
        self.scheduled.add(name)
        late = self.chances.between(0, 60, name, "is late")
        seconds = max((when - self.clock()).total_seconds(), 0) + late
        self.after(seconds, lambda: self.put(self.queues[queue], message, 0))

    # What people, services and intruders do.

    def _act(self, act: Act) -> None:
        doing: dict[str, Callable[[Act], None]] = {
            "finding": self._finds,
            "release": partial(self._asks, PATIENCE, {}),
            "run": partial(self._asks, PATIENCE, {}),
            "dry run": partial(self._asks, PATIENCE, {}),
            "confirmed run": partial(self._asks, PATIENCE, {}),
            "answer": partial(self._asks, PATIENCE, {}),
            "recheck": partial(self._asks, 1, {}),
            "undoes": self._undo,
            "policy": self._change_policy,
        }
        doing[act.who](act)

    def _finds(self, act: Act) -> None:
        subject = self.scenario.named(act.subject)
        body = subject.event(act.detail, self.clock())
        self.accepted[act.detail] = body
        self.story.tell("GuardDuty", f"finds something about {act.subject}: {act.detail}")
        self.put(self.queues[f"{subject.case.runbook.id}/findings"], body, 0)

    def _change_policy(self, act: Act) -> None:
        self.story.tell("owner", f"deploys another policy: {act.detail}")
        self.policy = policy_of(self.scenario.subjects, act.detail)
        self.deployed.add(self.policy.digest)
        self.modes.add(act.detail)

    def _undo(self, act: Act) -> None:
        """Somebody puts back what Ringfence changed. CloudTrail tells of it later, or not at all."""
        subject = self.scenario.named(act.subject)
        cloud, changes = self.clouds[subject.home], self.changes.get(subject.home, [])
        assert cloud.world
        candidates = [
            one.step
            for one in changes
            if one.chain == subject.key.text
            and not one.undoes
            and not one.step.irreversible
            and not isinstance(one.step, LogOnlyStep)
            and one.step.state(cloud.world) is State.AFTER
        ]
        if not candidates:
            return
        step = self.chances.chosen(candidates, str(act), "which")
        inverse = step.inverse()
        cloud._past.append((self.clock(), cloud.world))
        cloud.world = inverse.effect(cloud.world)
        self.moved_at[subject.home] = self.clock()
        changes.append(Change(self.clock(), "", "", "", inverse))
        self.story.tell("intruder", f"undoes on {act.subject}: {step.describe()}")
        if act.detail == "heard":
            queue = self.queues[f"{subject.case.runbook.id}/calls"]
            delay = self.chances.between(2, 90, str(act), "CloudTrail")
            body = self._call(subject, step, act)
            self.after(delay, lambda: self.put(queue, body, 0))

    def _call(self, subject: Subject, step: Step, act: Act) -> str:
        service, (name, *_) = next(iter(undoing_calls(subject.case.runbook).items()))
        detail = {
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory"},
            "eventTime": instant_text(self.clock()),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": subject.ref.region,
            "sourceIPAddress": "203.0.113.9",
            "requestParameters": {"of": encode(step), "on": subject.ref.id},
            "responseElements": None,
            "eventID": str(UUID(int=int(act.at * 1000))),
            "readOnly": False,
            "recipientAccountId": subject.ref.account,
        }
        envelope = {
            "source": f"aws.{service}",
            "detail-type": "AWS API Call via CloudTrail",
            "account": subject.ref.account,
            "region": subject.ref.region,
            "detail": detail,
        }
        return json.dumps(envelope)

    def _asks(self, tries: int, known: dict[str, object], act: Act) -> None:
        """A person asks for something, and asks again if it did not work."""
        self._count += 1
        execution = Execution(
            self, f"{act.who} {act.subject} {self._count}".replace("  ", " "), "", OPERATE_TIMEOUT
        )
        self.story.tell(execution.name, f"a person asks for a {act.who}")
        execution.start(partial(self._served, execution, tries, known, act))

    def _served(self, execution: Execution, tries: int, known: dict[str, object], act: Act) -> None:
        again: float | None = None
        try:
            done = self._serve(execution, known, act)
            again = None if done else self.chances.between(5, 70, execution.name, "asks again")
        except Killed:
            self.died(execution)
            if self.chances.unit(execution.name, "gives up") < 0.5 and self._is_watched(execution):
                return
            again = 30
        except Retryable as error:
            self.story.tell(execution.name, f"  is told to try again: {error}"[:200])
            again = self.chances.between(5, 70, execution.name, "asks again")
        except (BadInput, Refused) as error:
            self.story.tell(execution.name, f"  is refused: {error}"[:300])
            if act.who == "release" and "changed values" in str(error) and not known.get("skip_drifted"):
                known["skip_drifted"] = True
                again = 20
        if again is not None and tries > 1:
            self.after(again, partial(self._asks, tries - 1, known, act))

    def _is_watched(self, execution: Execution) -> bool:
        """Return whether a message takes care of what this execution leaves. A person repeats the rest."""
        name = f'"{execution.attempt}"'
        return any(name in letter.body for queue in self.queues.values() for letter in queue.letters)

    def _serve(self, execution: Execution, known: dict[str, object], act: Act) -> bool:
        """Serve a request. Return whether the person has what was asked for."""
        service = OperatorService(
            self.runbooks,
            self.policy,
            execution.ports,
            self._find,
            lambda runbook, body, seconds: execution.queue(f"{runbook}/continuations").send(body, seconds),
            listed=self.listed,
        )
        until = execution.now() + timedelta(seconds=execution.ends_at - self.seconds - 5)
        caller = ExecutionContext(
            execution.attempt, "arn:aws:sts::111122223333:assumed-role/oncall/kim", until
        )
        if act.who == "recheck":
            service.recheck({}, caller)
            return True
        subject = self.scenario.named(act.subject)
        if act.who == "answer":
            return self._answer(service, caller, subject, act)
        on = {"account": subject.ref.account, "region": subject.ref.region, "id": subject.ref.id}
        about = {"runbook": subject.key.runbook, "subject": {**on, "kind": subject.ref.kind}}
        if act.who == "release":
            incident = self.log.read(subject.key).incident
            if not incident:
                return True
            body = {"incident": incident, "reason": "false alarm", "dry_run": False, **about, **known}
            _, given = service.release(body, caller)
            return all(one["status"] == "released" for one in cast("list[dict[str, str]]", given["releases"]))
        body = {**about, "reason": "we saw it", "dry_run": act.who != "run"}
        answer = service.run(body, caller)
        if act.who == "confirmed run" and not known.get("plan"):
            plans = cast("list[dict[str, object]]", answer["plans"])
            if not plans:
                return True
            plan = {"digest": plans[0]["digest"], "as_of": answer["as_of"]}
            known["plan"] = plan
            service.run({**body, "dry_run": False, "plan": plan}, caller)
        return True

    def _answer(self, service: OperatorService, caller: ExecutionContext, subject: Subject, act: Act) -> bool:
        """Answer the newest approval that waits. A person waits a while for one."""
        history, (answer, who) = self.log.read(subject.key), act.detail.split()
        waits = waiting(history.entries, self.clock())
        if not waits:
            return False
        body = {"incident": history.incident, "answer": answer, "plan": waits[-1].asked.digest}
        actor = replace(caller, actor=f"arn:aws:iam::111122223333:user/{who}")
        service.answer({**body, "approval": waits[-1].id, "reason": "we saw it"}, actor)
        return True

    def _pause(self, number: int, tries: int) -> None:
        """A person pauses everything or a runbook for a while, and perhaps resumes."""
        execution = Execution(self, f"pause {number}.{tries}", "", OPERATE_TIMEOUT)
        self.story.tell(execution.name, "a person pauses")
        execution.start(partial(self._pausing, execution, number, tries))

    def _pausing(self, execution: Execution, number: int, tries: int) -> None:
        name, now = f"pause-{number}", execution.now()
        everything = self.chances.unit("pause", number, "everything") < 0.5
        runbook = "" if everything else self.chances.chosen(sorted(self.runbooks), "pause", number, "which")
        lasts = self.chances.between(70, 240, "pause", number, "lasts")
        wanted = Pause(name, f"person-{number}", "why", now, now + timedelta(seconds=lasts), runbook)
        caller = ExecutionContext(execution.attempt, "person", now + timedelta(seconds=20))
        keeper = PauseKeeper(execution.ports(), home_of("111122223333"))
        try:
            keeper.pause(wanted, caller)
            if self.chances.unit("pause", number, "resumes") < 0.4:
                self.after(
                    self.chances.between(5, 60, "pause", number, "resumes at"),
                    partial(self._resume, number, 0),
                )
        except Killed:
            self.died(execution)
        except (BadInput, Refused, Retryable) as error:
            self.story.tell(execution.name, f"  fails: {error}"[:200])
            if tries < PATIENCE:
                self.after(5, partial(self._pause, number, tries + 1))

    def _resume(self, number: int, tries: int) -> None:
        execution = Execution(self, f"resume {number}.{tries}", "", OPERATE_TIMEOUT)
        self.story.tell(execution.name, "a person resumes")
        execution.start(partial(self._resuming, execution, number))

    def _resuming(self, execution: Execution, number: int) -> None:
        caller = ExecutionContext(execution.attempt, "person", execution.now() + timedelta(seconds=20))
        keeper = PauseKeeper(execution.ports(), home_of("111122223333"))
        with suppress(BadInput, Refused, Retryable):  # the pause ends by itself then
            keeper.resume(f"pause-{number}", "done", caller)

    def _find(self, incident: str) -> tuple[ChainKey, ...]:
        keys = [ChainKey(*chain.split("#", 1)) for chain in self.log.chains]
        return tuple(key for key in keys if any(one.incident == incident for one in self.log.all(key)))

    # The end.

    def _at_the_end(self) -> Iterable[str]:
        if self.stream:
            yield from self.stream.wrong({one.key: self.log.all(one.key) for one in self.scenario.subjects})
        for queue in self.queues.values():
            for letter in queue.waiting:
                yield f"{letter.id} waits for ever"
        histories = []
        for subject in self.scenario.subjects:
            entries = self.log.all(subject.key)
            told = [subject_ for _, chain, subject_ in self.notices.told if chain == subject.key.text]
            told.extend("a dead letter" for _ in self.dead)
            world = self.clouds[subject.home].world
            assert world
            newest = self.log.read(subject.key)
            for incident in dict.fromkeys(entry.incident for entry in entries):
                one = History(tuple(entry for entry in entries if entry.incident == incident))
                histories.append(one)
                if incident == newest.incident and not self._stopped:
                    yield from invariants.ends_well(subject, one, world, told)
                yield from invariants.releases_end(one, told)
        if not self._stopped:
            dead = [letter.body for queue in self.queues.values() for letter in queue.dead]
            yield from invariants.findings_are_kept(self.accepted, histories, dead)

    @property
    def _stopped(self) -> bool:
        """Whether the policy took the account out of the scope: nothing is finished then."""
        return "elsewhere" in self.modes


def _unsent(_text: str, _seconds: int) -> None:
    """Drop what is left of a scheduled look: the next one repeats it."""
