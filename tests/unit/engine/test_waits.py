"""What somebody else has yet to do is waited for, not asked for again and again, and not for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.run import Engine
from ringfence.engine.verify import WAIT_FOR_OTHERS
from ringfence.model.observation import ResourceState
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.model.runbook import Stage
from ringfence.observations.logging.evaluation import Evaluation, RuleState
from ringfence.record.chain import ChainKey
from ringfence.record.status import IncidentStatus
from ringfence.remediations.evaluate_rule import evaluate_rule
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import again, goes_on, later
from tests.support.samples.hardening import HARDEN, REF, ToySwitches, first_switch
from tests.support.worlds import AUTO, NOON, Ticking, finding, order

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.record.history import History

KIND = "AWS::S3::Bucket"
RULE = ManagedRule("first-on", "FIRST_ON", REF.region)
RUNBOOK = replace(
    HARDEN, stages=(Stage("fix", "Fix", (first_switch,)), Stage("evaluate", "Evaluate", (evaluate_rule,)))
)


class World:
    """A toy that a rule judged, and what AWS Config shows of it."""

    def __init__(self) -> None:
        self.clock, self.log, self.attempts = Ticking(), MemoryLog(), 0
        self.cloud = MemoryCloud(
            ResourceState(REF).with_observation(ToySwitches()).with_observation(Evaluation()), self.clock
        )

    def show(self, evaluated: int, captured: int) -> None:
        """Have Config show when, in minutes after the verdict, it last evaluated and recorded."""
        assert self.cloud.world
        state = RuleState(RULE, NOON + timedelta(minutes=evaluated))
        seen = Evaluation((state,), NOON + timedelta(minutes=captured), KIND)
        self.cloud.world = self.cloud.world.with_observation(seen)

    def look(self, *, first: bool = False, stages: int | None = None) -> ResponseResult:
        self.clock.tick(minutes=1)
        self.attempts += 1
        received = finding(subjects=(REF,), source="aws.config", type="Config:first-on", claim=RULE)
        asked = order(self.clock(), attempt=f"a-{self.attempts}", received=received, runbook=RUNBOOK)
        asked = replace(asked, ref=REF, decision=AUTO, stages=stages)
        if not first:
            asked = replace(asked, finding=None, decision=None)
        assert isinstance(asked, ResponseRequest)
        return Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])).respond(
            asked
        )

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(RUNBOOK.id, REF.key))

    @property
    def settling(self) -> tuple[str, ...]:
        assert self.history.verified
        return self.history.verified.settling


@pytest.fixture
def world() -> World:
    """A toy that was put right, and whose rule is noted, while Config has not recorded it."""
    made = World()
    report = made.look(first=True)
    assert [type(step).__name__ for step in made.cloud.calls] == ["ToySwitch", "NoteRule"]
    assert report.status is IncidentStatus.COMPLETE
    made.show(evaluated=0, captured=-5)
    return made


def test_it_is_neither_complete_nor_tried_again_but_looked_at_later(world: World) -> None:
    report = world.look()
    assert (report.status, again(report), later(report)) == (IncidentStatus.CONTAINED, (), True)
    assert [words.split(":")[0] for words in world.settling] == [
        "AWS Config has not recorded the remediation yet"
    ]


def test_nothing_is_done_while_it_is_waited_for_and_what_is_known_is_not_said_again(world: World) -> None:
    world.look()
    entries, calls = len(world.history.entries), len(world.cloud.calls)
    assert later(world.look())
    assert (len(world.history.entries), len(world.cloud.calls)) == (entries, calls)


def test_what_was_waited_for_is_answered_and_then_it_is_complete(world: World) -> None:
    world.look()
    world.show(evaluated=0, captured=4)
    report = world.look()
    assert type(world.cloud.calls[-1]).__name__ == "EvaluateRule"
    assert (report.status, again(report), later(report)) == (IncidentStatus.COMPLETE, (), False)
    assert world.settling == ()


def test_after_a_while_it_is_said_and_not_waited_for_any_more(world: World) -> None:
    world.look()
    world.clock.tick(seconds=WAIT_FOR_OTHERS.total_seconds())
    report = world.look()
    assert (report.status, later(report)) == (IncidentStatus.COMPLETE, False)
    assert world.history.verified
    assert "has not recorded the remediation yet" in "".join(world.history.verified.exposure)
    assert world.settling == ()


def test_containment_alone_waits_for_nobody() -> None:
    """The first function looks at what it put right; what comes after that is the other's."""
    report = World().look(first=True, stages=1)
    assert (report.status, later(report), goes_on(report)) == (IncidentStatus.CONTAINED, False, True)
