"""What a response does where a facet of a later stage cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.model.errors import AccessDenied, InternalError, Refused, Retryable
from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.target_groups import Targets
from ringfence.observations.iam.identity import Identity
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Planned, RunRequested
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.instance_profile import DetachInstanceProfile
from ringfence.steps.ec2.target_groups import DeregisterTargets
from tests.support.fakes.interruption import Killed
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import again, later
from tests.support.worlds import DRY_RUN, REF, Ticking, estate, order

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.model.errors import RingfenceError
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.record.history import History

REFUSED = Refused("autoscaling is not to be had in this region")
DENIED = AccessDenied("elbv2:DescribeTargetGroups: AccessDenied: with an explicit deny")
WORDS = "leave-target-groups can be neither applied nor verified"


class Bench:
    """An engine on an instance whose target groups cannot be read."""

    def __init__(self, failure: RingfenceError) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        self.cloud = MemoryCloud(estate(), self.clock, unreadable={Targets: failure})
        self.engine = Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))
        self._attempts = 0

    def respond(self, **more: object) -> ResponseResult:
        self._attempts += 1
        return self.engine.respond(replace(order(attempt=f"a-{self._attempts}"), **more))  # type: ignore[arg-type]  # a test names what it changes

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key))

    @property
    def kinds(self) -> set[type[Step]]:
        return {type(step) for step in self.cloud.calls}


def test_what_is_refused_for_good_is_for_a_person_and_not_tried_again() -> None:
    bench = Bench(REFUSED)
    report = bench.respond()
    assert (report.status, again(report), later(report)) == (IncidentStatus.CONTAINED, (), False)
    assert DetachInstanceProfile in bench.kinds
    assert report.verified
    assert report.verified.refused == (f"Targets could not be read: {REFUSED}",)
    assert report.verified.review == (f"Targets could not be read: {REFUSED}; {WORDS}",)
    assert set(report.verified.review) <= set(report.verified.exposure)
    written = bench.history.entries
    bench.respond()
    assert bench.history.entries == written


def test_what_may_be_readable_later_is_tried_again_once_the_others_were_done() -> None:
    bench = Bench(DENIED)
    report = bench.respond()
    assert (report.status, again(report)) == (
        IncidentStatus.CONTAINED,
        (f"Targets could not be read: {DENIED}",),
    )
    assert DetachInstanceProfile in bench.kinds
    assert report.verified
    assert report.verified.refused == report.verified.review == ()
    assert f"Targets could not be read: {DENIED}; {WORDS}" in report.verified.exposure
    bench.cloud.unreadable = {}
    assert bench.respond(decision=None, finding=None).status is IncidentStatus.COMPLETE
    assert DeregisterTargets in bench.kinds


def test_one_look_that_fails_is_made_again_at_once() -> None:
    """Each by itself: what kept all of them from being read together may have passed."""
    bench = Bench(Retryable("Throttling"))
    unreadable = bench.cloud.unreadable

    class Once(dict["type[Observation]", "RingfenceError"]):
        def __contains__(self, kind: object) -> bool:
            return kind in unreadable and len(bench.cloud.looks) < 3

    bench.cloud.unreadable = Once(unreadable)
    assert bench.respond().status is IncidentStatus.COMPLETE


def test_a_plan_says_what_could_not_be_read() -> None:
    for more in ({}, {"request": RunRequested("run", "what would be done?", dry_run=True), "finding": None}):
        bench = Bench(DENIED)
        report = bench.respond(decision=DRY_RUN, **more)
        assert report.status is IncidentStatus.DRY_RUN
        preserve = next(one for one in report.plans if one.stage == "preserve")
        assert DetachInstanceProfile in {type(step) for step in preserve.steps}
        assert f"Targets could not be read: {DENIED}; {WORDS}" in preserve.exposure
        assert bool(again(report)) == (not more), "a person who asks sees it, and asks again"
        assert bench.history.of(Planned)


def test_a_subject_whose_containment_is_not_seen_at_the_second_look_is_not_called_contained() -> None:
    bench = Bench(DENIED)

    def blind(_: Step) -> None:
        bench.cloud.unreadable = {Network: DENIED}

    bench.cloud.refuse = blind
    with pytest.raises(AccessDenied):
        bench.respond()
    verified = bench.history.verified
    assert verified
    assert not verified.contained
    assert f"Network could not be read: {DENIED}" in verified.settling
    assert not bench.history.open_intents
    assert bench.history.lease.owner == ""


def test_what_contradicts_itself_is_raised_once_all_else_is_done() -> None:
    bench = Bench(InternalError("the answer was not foreseen"))
    with pytest.raises(InternalError):
        bench.respond()
    assert DetachInstanceProfile in bench.kinds
    assert bench.history.verified
    assert (bench.history.verified.contained, bench.history.verified.complete) == (True, False)
    assert bench.history.lease.owner == ""


def test_whether_a_step_was_done_is_left_open_while_its_facet_cannot_be_read() -> None:
    bench = Bench(DENIED)
    bench.cloud.unreadable = {}

    def die(step: Step) -> None:
        if isinstance(step, DetachInstanceProfile):
            raise Killed

    bench.cloud.refuse = die
    with pytest.raises(Killed):
        bench.respond()
    bench.cloud.refuse = lambda _: None
    bench.clock.tick(minutes=5)
    bench.cloud.unreadable = {Identity: DENIED}
    went_on = bench.respond(until=bench.clock.now.replace(minute=30))
    assert went_on.status is IncidentStatus.CONTAINED
    assert DetachInstanceProfile in {type(one.step) for _, one in bench.history.open_intents}
    bench.cloud.unreadable = {}
    assert bench.respond(until=bench.clock.now.replace(minute=30)).status is IncidentStatus.COMPLETE
    assert not bench.history.open_intents
