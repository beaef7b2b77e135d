"""Law 5: nothing happens before it is recorded, whenever a process dies and whoever else acts."""

from __future__ import annotations

from collections import Counter
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from ringfence.core.chain import ChainKey, digest
from ringfence.core.errors import Retryable
from ringfence.core.facts import FindingReceived, Intended, Outcome, Result
from ringfence.engine import Engine
from ringfence.orders import Report, Status
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.session import Ports
from tests.fakes.interruption import Killed, Killer, Through, Turns, interleavings
from tests.fakes.memory_cloud import MemoryCloud
from tests.fakes.memory_log import MemoryLog
from tests.worlds import LEASE, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.core.history import History
    from ringfence.core.step import Step

KEY = ChainKey(CONTAIN_INSTANCE.id, REF.key)


class Stage:
    """One world, one log, and as many processes as a test starts on them."""

    def __init__(self) -> None:
        self.clock = Ticking()
        self.cloud = MemoryCloud(estate(), self.clock)
        self.log = MemoryLog()

    def run(self, attempt: str, gate: Callable[..., object], finding_id: str = "f-1") -> Report:
        through = Through(self.cloud, self.log, gate)
        engine = Engine(Ports(through, through, self.clock, lambda jobs: [job() for job in jobs]))
        return engine.respond(order(self.clock(), attempt=attempt, received=finding(finding_id)))

    def until_done(self, finding_id: str = "f-1") -> Report:
        for delivery in range(5):
            report = self.run(f"again-{delivery}", Killer(), finding_id)
            if report.status is Status.COMPLETE:
                return report
            self.clock.now += LEASE * 3
        raise AssertionError(report)

    @property
    def history(self) -> History:
        return self.log.read(KEY)


def steps_of(stage: Stage) -> set[str]:
    return {step.target for step in stage.cloud.calls}


def check(stage: Stage, expected: set[str]) -> None:
    """The right end, the right log, and no step applied twice."""
    history = stage.history
    twice = [step for step, count in Counter(stage.cloud.calls).items() if count > 1]
    assert not twice
    assert steps_of(stage) == expected
    applied = history.steps(Result.APPLIED)
    assert Counter(applied) == Counter(stage.cloud.calls), "the log says what was done"
    assert not history.open_intents
    previous = ""
    for number, entry in enumerate(history.entries):
        assert (entry.seq, entry.previous, entry.hash) == (number, previous, digest(entry.body))
        previous = entry.hash
    assert len(stage.log.chains) == 1
    assert {entry.incident for entry in stage.log.all(KEY)} == {history.incident}, "one incident"


@pytest.fixture(scope="module")
def undisturbed() -> tuple[int, set[str]]:
    stage = Stage()
    killer = Killer()
    assert stage.run("a-1", killer).status is Status.COMPLETE
    return killer.calls, steps_of(stage)


def points() -> int:
    """How many calls one undisturbed run makes; the parametrization is derived from it."""
    stage, killer = Stage(), Killer()
    stage.run("a-1", killer)
    return killer.calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, points() + 1))
def test_a_process_that_dies_at_any_call_leaves_nothing_half_known(
    at: int, *, after: bool, undisturbed: tuple[int, set[str]]
) -> None:
    stage = Stage()
    with pytest.raises(Killed):
        stage.run("dies", Killer(at, after=after))
    recorded = {one.step for one in stage.history.of(Intended)}
    assert set(stage.cloud.calls) <= recorded, "nothing before the record"
    stage.clock.now += LEASE * 3
    stage.until_done()
    check(stage, undisturbed[1])


def test_every_change_is_recorded_before_it_is_made() -> None:
    stage = Stage()

    def recorded(step: Step) -> None:
        assert step in {one.step for _, one in stage.history.open_intents}

    stage.cloud.refuse = recorded
    assert stage.run("a-1", Killer()).status is Status.COMPLETE


@pytest.mark.parametrize("second", ["f-1", "f-2"])
@pytest.mark.parametrize("schedule", tuple(interleavings(5, 5)))
def test_two_at_once_act_once(schedule: str, second: str, undisturbed: tuple[int, set[str]]) -> None:
    """However their reads and appends interleave: one incident, each step once, both findings kept."""
    stage, turns = Stage(), Turns(schedule)
    reports: dict[str, object] = {}

    def process(me: str, finding_id: str) -> None:
        try:
            reports[me] = stage.run(me, turns.gate(me), finding_id)
        except Retryable as error:
            reports[me] = error
        finally:
            turns.ended(me)

    threads = [Thread(target=process, args=given) for given in (("a", "f-1"), ("b", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {type(one) for one in reports.values()} <= {Report, Retryable.__subclasses__()[0], Retryable}
    stage.clock.now += LEASE * 3
    for finding_id in ("f-1", second):
        stage.until_done(finding_id)
    check(stage, undisturbed[1])
    assert {one.finding.id for one in stage.history.of(FindingReceived)} == {"f-1", second}
    outcomes = Counter(one.intent for one in stage.history.of(Outcome))
    assert set(outcomes.values()) == {1}, "no intent has two outcomes"
