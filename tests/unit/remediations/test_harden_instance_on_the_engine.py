"""Instances that break compliance, on the engine: what is recorded, and what is not worth a record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.config import verdict
from ringfence.local.samples.states import state_change
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image, Shown
from ringfence.observations.ec2.tags import ImageTag
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Closed, FindingReceived
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.harden_instance import HARDEN_INSTANCE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.harden_instance import busy
from tests.support.strategies.hardening import IMAGE
from tests.support.worlds import LEASE, NOON, REF, Ticking

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.record.history import History

OWN = HARDEN_INSTANCE.narrowed(one.id for one in HARDEN_INSTANCE.stages[0].members)
APPROVED = replace(IMAGE, owner=REF.account)


@dataclass
class Home:
    """A policy with rules for images, an engine, and one instance."""

    world: ResourceState
    mode: Mode = Mode.AUTO
    rules: dict[str, str] = field(default_factory=lambda: {"image-owners": "self"})
    log: MemoryLog = field(default_factory=MemoryLog)
    clock: Ticking = field(default_factory=lambda: Ticking(NOON + timedelta(seconds=5)))

    def __post_init__(self) -> None:
        self.cloud = MemoryCloud(self.world, self.clock)
        self.attempts = 0

    def receive(self, event: object) -> list[IncidentStatus]:
        told = findings(event)
        assert not isinstance(told, NotForUs)
        settings = RunbookSettings(
            OWN.ids, OWN.choose(self.rules), answers=tuple(OWN.answers_by_type().items())
        )
        policy = Policy((REF.account,), rules=(Rule(self.mode),), runbooks=((OWN.id, settings),))
        self.attempts += 1
        execution = ExecutionContext(f"a-{self.attempts}", "test", self.clock() + LEASE)
        engine = Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))
        statuses = []
        for finding in told:
            for order in answers(finding, "{}", OWN, policy, execution):
                assert not isinstance(order, Skipped)
                statuses.append(engine.respond(order).status)
        self.clock.tick(minutes=1)
        return statuses

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(OWN.id, REF.key))

    def start(self, minute: int = 0) -> list[IncidentStatus]:
        """Let the instance report that it is running."""
        return self.receive(state_change("running", REF.id, at=f"2026-03-01T12:{minute:02}:00Z"))


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.DRY_RUN, Mode.NOTIFY])
def test_an_approved_image_that_starts_leaves_no_trace_in_any_mode(mode: Mode) -> None:
    home = Home(busy().with_observation(APPROVED), mode)
    assert home.start() == [IncidentStatus.COMPLETE]
    assert (home.history.entries, home.cloud.calls) == ((), [])


def test_without_rules_no_start_leaves_a_trace() -> None:
    home = Home(busy().with_observation(Image("ami-1", Shown.NO)), rules={})
    home.start()
    assert home.history.entries == ()


def test_an_instance_that_ended_as_it_started_leaves_no_trace() -> None:
    home = Home(busy())
    home.cloud.world = None
    home.start()
    assert home.history.entries == ()


def test_an_unapproved_image_is_tagged_once_and_its_next_starts_leave_no_trace() -> None:
    home = Home(busy())
    assert home.start() == [IncidentStatus.COMPLETE]
    assert home.cloud.world
    assert home.cloud.world[ImageTag].reason == "owner"
    verified = home.history.verified
    assert verified
    assert any("belongs to" in words for words in verified.exposure)
    assert (verified.complete, verified.review) == (True, ())
    entries = home.history.entries
    home.cloud.world = home.cloud.world.with_observation(FirstStart(first=False))
    home.start(10)
    assert (home.history.entries, len(home.cloud.calls)) == (entries, 1)


def test_who_launches_an_instance_cannot_tag_it_so_that_nobody_is_told() -> None:
    home = Home(busy().with_observation(ImageTag("owner")))
    home.start()
    verified = home.history.verified
    assert verified
    assert any("belongs to" in words for words in verified.exposure)
    assert any("at the first read" in words for words in verified.review)
    entries = home.history.entries
    home.start()
    assert (home.history.entries, home.cloud.calls) == (entries, [])


def test_a_start_reads_the_image_and_nothing_that_it_is_not_about() -> None:
    home = Home(busy())
    home.start()
    assert {facet.__name__ for look in home.cloud.looks for facet in look} == {
        "FirstStart",
        "Image",
        "ImageTag",
        "Origin",
    }


def test_an_image_that_could_not_be_read_is_recorded_for_a_person() -> None:
    home = Home(busy().with_observation(Image("ami-1", Shown.UNREADABLE)))
    home.start()
    verified = home.history.verified
    assert verified
    assert (verified.complete, len(verified.review)) == (False, 1)


def test_a_verdict_is_recorded_even_where_nothing_is_left_to_do() -> None:
    home = Home(busy())
    event = verdict("ec2-imdsv2-check", "AWS::EC2::Instance", REF.id)
    assert home.receive(event) == [IncidentStatus.COMPLETE]
    again = verdict("ec2-imdsv2-check", "AWS::EC2::Instance", REF.id, at="2026-03-01T12:30:00.000Z")
    home.clock.tick(minutes=30)
    assert home.receive(again) == [IncidentStatus.COMPLETE]
    assert len(home.history.of(FindingReceived)) == 2
    assert len(home.cloud.calls) == 1


def test_a_verdict_on_an_instance_that_is_gone_is_closed() -> None:
    home = Home(busy())
    home.cloud.world = None
    judged = verdict("ec2-imdsv2-check", "AWS::EC2::Instance", REF.id)
    assert [home.receive(judged) for _ in range(2)] == [[IncidentStatus.OPEN], [IncidentStatus.CLOSED]]
    assert home.history.last(Closed)
