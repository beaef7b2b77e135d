"""Law of sweeps: whatever events are lost, doubled and reordered, what was reported is answered once.

This holds also if the findings of complete incidents are archived: a later event of the same version is no
news.

And no finding between two looks is missed, whatever fails, at a bounded cost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.engine.claims import SeverityLowered
from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.lowered import decided_again
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.engine.sweeping import OVERLAP
from ringfence.events.dispatch import findings_of_text
from ringfence.events.guardduty.answers import as_detail
from ringfence.events.guardduty.claim import check
from ringfence.events.guardduty.sweep import FINDINGS, PAGES, as_event
from ringfence.handlers.output import Told
from ringfence.handlers.outputs.guardduty_archive import resolved
from ringfence.handlers.parts import TRIES
from ringfence.handlers.sweep_look import Reach
from ringfence.handlers.sweep_plans import plans
from ringfence.handlers.sweeps import Sweeps
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.model.place import Place
from ringfence.observations.ec2.network import Network
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.sweeps import SEVERE
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RunRequested
from ringfence.record.sweeps import Looked, Progress, sweep_key
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.sources import Sources, finding
from tests.support.fakes.swept import ANSWERING, EVERY, HOME, REGION, Memory, Swept
from tests.support.worlds import LEASE, NOON, REF, Ticking, instance
from tests.unit.engine.test_run import ISOLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.claims import Checked
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref
    from ringfence.record.chain import Entry
    from ringfence.record.history import History

WHERE = (HOME, REGION)
MINUTE = timedelta(minutes=1)
KEY = ChainKey(ISOLATE.id, REF.key)
PLANS = plans(Policy((HOME,)), EVERY, ANSWERING, REGION)
RESOURCE = {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": REF.id}}


@dataclass
class Confirming(MemoryCloud):
    """An instance whose findings GuardDuty confirms, unless they are archived."""

    sources: Sources = field(default_factory=Sources)

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        return self.sources.asked(*WHERE, check(finding, ref))


@dataclass
class Deployment:
    """A runbook that isolates one instance, with its sweeps: a finding comes by its event or by a sweep.

    `archives`: the output that archives the findings of complete incidents is on.
    """

    clock: Ticking = field(default_factory=Ticking)
    log: MemoryLog = field(default_factory=MemoryLog)
    sources: Sources = field(default_factory=Sources)
    memory: Memory = field(default_factory=Memory)
    attempts: int = 0
    archives: bool = False

    def __post_init__(self) -> None:
        self.cloud = Confirming(instance(), self.clock, sources=self.sources)
        self.arrived: set[tuple[str, str]] = set()
        self.policy = Policy((HOME,), default=Mode.AUTO)
        ports = Ports(self.cloud, self.log, self.clock, in_turn)
        self.engine, self.releaser = Engine(ports), Releaser(ports)
        self.sent: list[str] = []
        reach = Reach(self.sources, self, self.answer, self.clock, lambda _: None)
        self.sweeps = Sweeps(PLANS, ANSWERING, reach, self.memory, in_turn, self.send, lambda _: None)

    def send(self, text: str, _: int) -> None:
        self.sent.append(text)

    def since(self, key: ChainKey, _: datetime) -> Sequence[Entry]:
        """Return the entries of every incident of a chain."""
        return self.log.everything(key)

    def answer(self, text: str) -> None:
        """Answer an event as the function of the runbook does. What was answered and archived is no news."""
        before = self.history
        done = before.completed_at and (before.incident, text) in self.arrived and self.is_archived(text)
        self._answer(text)
        after = self.history
        assert not done or after.entries == before.entries
        self.arrived.add((after.incident, text))
        if self.archives:
            self.archive()
        self.clock.tick(seconds=1)

    def archive(self) -> None:
        """Archive the findings that the output archives now."""
        entries = self.history.entries
        ids = resolved(Told(KEY, entries, range(len(entries)))).get(REGION, ()) if entries else ()
        for one in self.sources.findings[WHERE]:
            if one["Id"] in ids:
                one["Service"] = {**one["Service"], "Archived": True}

    def is_archived(self, text: str) -> bool:
        """Return whether the finding of an event is archived now."""
        id_ = json.loads(text)["detail"]["id"]
        return any(one["Id"] == id_ and one["Service"]["Archived"] for one in self.sources.findings[WHERE])

    def _answer(self, text: str) -> None:
        told = findings_of_text(text)
        assert isinstance(told, tuple)
        for one in told:
            self.attempts += 1
            execution = ExecutionContext(f"a-{self.attempts}", "test", self.clock() + LEASE)
            self._respond(answers(one, text, ISOLATE, self.policy, execution), execution)

    def _respond(self, orders: Iterable[ResponseRequest | Skipped], execution: ExecutionContext) -> None:
        for order in orders:
            assert not isinstance(order, Skipped)
            try:
                self.engine.respond(order)
            except SeverityLowered as lowered:
                again = decided_again(order, lowered.severity, ISOLATE, self.policy, execution)
                self._respond(again, execution)

    def sweep(self) -> None:
        """Run a sweep."""
        self.sweeps.begin(SEVERE)
        for text in self.sent:
            part = Swept.part(self, text)  # type: ignore[arg-type]  # it has a clock
            if part.kind == "sweep":
                self.sweeps.work(part, self.clock() + MINUTE)
        self.sent.clear()

    def release(self) -> None:
        """Undo the newest incident, if there is one that is not released."""
        history = self.history
        if history.incident and history.closed_at is None:
            wish = RunRequested("release", "it was meant to be so")
            until = self.clock() + LEASE
            self.releaser.release(
                ResponseRelease(ISOLATE.id, REF, history.incident, "a-r", "a person", until, wish)
            )

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    @property
    def end(self) -> tuple[int, frozenset[object]]:
        """How many incidents there are, and the groups of the instance."""
        incidents = {one.incident for one in self.log.everything(KEY)}
        assert self.cloud.world
        groups = (one.groups for one in self.cloud.world[Network].interfaces)
        return len(incidents), frozenset(groups)


def version(id_: str, at: datetime, severity: float) -> dict[str, object]:
    """Return a version of a finding on the instance."""
    return finding(id_, at, severity, Resource=RESOURCE, CreatedAt="2026-03-01T00:00:00.000Z")


def event_of(held: dict[str, object]) -> str:
    """Return its event as text."""
    return json.dumps(as_event(as_detail(held)))


@dataclass(frozen=True)
class Bad:
    """What becomes of the events of some versions: how often each arrives, in which order, and the sweeps.

    `late` are those of earlier versions that arrive again.
    """

    arrivals: tuple[int, ...]
    order: tuple[int, ...]
    sweeps: frozenset[int]
    late: int


@st.composite
def times_of(draw: st.DrawFn) -> tuple[list[tuple[str, float]], Bad]:
    """Draw versions of findings in the order of their updates, and what becomes of their events."""
    ids = draw(st.lists(st.sampled_from("ab"), min_size=1, max_size=3))
    versions = [(f"f-{id_}", draw(st.sampled_from([7.0, 8.0, 9.0]))) for id_ in ids]
    count = len(versions)
    arrivals = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    order = draw(st.permutations(range(count)))
    sweeps = draw(st.frozensets(st.integers(0, count), max_size=2))
    return versions, Bad(tuple(arrivals), tuple(order), sweeps, draw(st.integers(0, count)))


def put(home: Deployment, versions: list[tuple[str, float]]) -> list[str]:
    """Let GuardDuty report these versions, one a second. Return their events."""
    held = home.sources.findings[WHERE]
    texts = []
    for id_, severity in versions:
        home.clock.tick(seconds=1)
        made = version(id_, home.clock(), severity)
        held[:] = [*(one for one in held if one["Id"] != id_), made]
        texts.append(event_of(made))
    home.clock.tick(seconds=1)
    return texts


def well(home: Deployment, versions: list[tuple[str, float]]) -> list[str]:
    """Let each event arrive once and in order."""
    texts = put(home, versions)
    for text in texts:
        home.answer(text)
    return texts


def badly(home: Deployment, versions: list[tuple[str, float]], bad: Bad, earlier: list[str]) -> list[str]:
    """Let events arrive as they are drawn to, with sweeps between them and one at the end."""
    texts = put(home, versions)
    late = earlier[: bad.late]
    for number, index in enumerate(bad.order):
        if number in bad.sweeps:
            home.sweep()
        for text in (*late[number : number + 1], *[texts[index]] * bad.arrivals[index]):
            home.answer(text)
    home.sweep()
    return texts


UP_AND_DOWN = [("f-a", 7.0), ("f-a", 8.0), ("f-a", 7.0)]
"""A finding whose severity rises and falls again."""
ONCE = ([("f-a", 7.0)], Bad((0,), (0,), frozenset(), 0))
SECOND_ALONE = (UP_AND_DOWN, Bad((0, 1, 0), (0, 1, 2), frozenset(), 0))
DOWN_AND_TWICE = ([("f-a", 8.0), ("f-a", 7.0)], Bad((2, 0), (0, 1), frozenset(), 0))


@example(first=ONCE, second=DOWN_AND_TWICE, released=False, archives=True)
@example(first=SECOND_ALONE, second=ONCE, released=False, archives=False)
@example(first=ONCE, second=SECOND_ALONE, released=True, archives=False)
@given(first=times_of(), second=times_of(), released=st.booleans(), archives=st.booleans())
def test_whatever_becomes_of_events_the_end_is_that_of_events_that_all_arrive(
    first: tuple[list[tuple[str, float]], Bad],
    second: tuple[list[tuple[str, float]], Bad],
    released: bool,  # noqa: FBT001 - drawn
    archives: bool,  # noqa: FBT001 - drawn
) -> None:
    good, poor = Deployment(), Deployment(archives=archives)
    well(good, first[0])
    earlier = badly(poor, *first, [])
    assert poor.end == good.end
    for home in (good, poor):
        home.clock.now = NOON + MINUTE * 10
        if released:
            home.release()
    assert poor.end == good.end
    for home in (good, poor):
        home.clock.now = NOON + MINUTE * 15
        home.sweep()
    assert poor.end == good.end, "what a person released rests"
    well(good, second[0])
    badly(poor, *second, earlier)
    assert poor.end == good.end
    poor.clock.now = good.clock.now = NOON + MINUTE * 40
    poor.sweep()
    good.sweep()
    assert poor.end == good.end


def test_without_sweeps_the_law_does_not_hold() -> None:
    good, poor = Deployment(), Deployment()
    well(good, [("f-a", 8.0)])
    put(poor, [("f-a", 8.0)])
    assert poor.end != good.end


FAILS = st.sampled_from(["", "", "", "denied", "throttled", "not written", "not handed on"])


@given(
    data=st.data(),
    fails=st.lists(FAILS, min_size=1, max_size=4),
    page=st.integers(1, 4),
)
def test_no_finding_between_two_looks_is_missed_whatever_fails_and_none_is_answered_twice(
    data: st.DataObject, fails: list[str], page: int
) -> None:
    swept = Swept()
    swept.sources.page = page
    key = sweep_key(SEVERE, Place(*WHERE))
    swept.memory.items[key] = Looked({FINDINGS: Progress(NOON)}).text
    waiting: list[dict[str, object]] = []
    for number, fault in enumerate((*fails, "")):
        swept.clock.now = max(swept.clock(), NOON + MINUTE * 15 * (number + 1))
        for each in range(data.draw(st.integers(0, 5))):
            late = timedelta(seconds=data.draw(st.integers(0, int(OVERLAP.total_seconds()) - 1)))
            waiting.append(finding(f"f-{number}-{each}", max(NOON, swept.clock() - late)))
        swept.sources.findings[WHERE].extend(waiting)
        made, waiting = set_up(swept, fault, data), []
        before = swept.sources.calls.total()
        try:
            swept.run(SEVERE)
        except Retryable:
            assert fault == "not written"
        made()
        pages = -(-len(swept.sources.findings[WHERE]) // page)
        assert swept.sources.calls.total() - before <= TRIES * 2 * (1 + 2 * (pages + PAGES))
    assert set(swept.ids) == {one["Id"] for one in swept.sources.findings[WHERE]}
    assert set(swept.ids.values()) <= {1}


def test_a_sweep_that_reads_what_an_earlier_one_left_reads_its_own_window_too() -> None:
    """The finding is late: it is from before the place at which the earlier sweep stopped."""
    swept, stopped = Swept(), NOON + MINUTE * 15
    key = sweep_key(SEVERE, Place(*WHERE))
    swept.memory.items[key] = Looked({FINDINGS: Progress(NOON, stopped, stopped)}).text
    swept.clock.now = NOON + MINUTE * 30
    late, new = finding("f-late", stopped - timedelta(seconds=1)), finding("f-new", stopped + MINUTE * 5)
    swept.sources.findings[WHERE].extend((late, new))
    swept.run(SEVERE)
    assert set(swept.ids) == {"f-late", "f-new"}


def set_up(swept: Swept, fault: str, data: st.DataObject) -> Callable[[], None]:
    """Let something fail from now on. Return what ends it."""
    left = [data.draw(st.integers(0, 4))]

    def fail(_account: str, _region: str, call: object) -> None:
        if fault == "denied":
            raise AccessDenied(f"{call}: denied")
        left[0] -= 1
        if fault == "throttled" and left[0] < 0:
            raise Retryable(f"{call}: throttled")

    swept.sources.fail = fail
    swept.refuses = fault == "not handed on"
    swept.memory.broken = 2 if fault == "not written" else 0

    def end() -> None:
        swept.sources.fail, swept.refuses, swept.memory.broken = lambda *_: None, False, 0

    return end


@pytest.mark.parametrize("hours", [1, 24, 24 * 6])
def test_a_place_that_did_not_answer_for_long_is_read_in_bounded_messages(hours: int) -> None:
    swept = Swept()
    swept.memory.items[sweep_key(SEVERE, Place(*WHERE))] = Looked({FINDINGS: Progress(NOON)}).text
    swept.clock.tick(hours=hours)
    many = [finding(f"f-{number}", NOON + timedelta(hours=hours) * number / 400) for number in range(400)]
    swept.sources.findings[WHERE] = many
    swept.sources.page = 5
    for part in swept.begin(SEVERE):
        parts = [part]
        while parts:
            before = swept.sources.calls.total()
            swept.work(parts.pop())
            assert swept.sources.calls.total() - before <= 1 + 2 * PAGES
            parts += swept.parts()
    assert set(swept.ids) == {one["Id"] for one in many}
