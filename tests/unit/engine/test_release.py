"""What a release promises, on fakes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import AccessDenied, BadInput, InternalError, Refused, Retryable
from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.target_groups import Targets
from ringfence.observations.iam.identity import Identity
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Intended, Released, RunRequested
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.tags import RestoreTag
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import goes_on
from tests.support.worlds import AUTO, LEASE, NOON, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.errors import RingfenceError
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.record.history import History

KEY = ChainKey(CONTAIN_INSTANCE.id, REF.key)


class Contained:
    """A world whose instance was contained."""

    def __init__(self, *enabled: str, refuse: Callable[[Step], None] = lambda _: None) -> None:
        self.clock = Ticking()
        self.before = estate()
        self.cloud = MemoryCloud(self.before, self.clock, refuse)
        self.log = MemoryLog()
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        self.engine, self.releaser = Engine(ports), Releaser(ports)
        self.incident = self.engine.respond(order(runbook=CONTAIN_INSTANCE.chosen(enabled))).incident
        self.clock.tick(minutes=5)

    @classmethod
    def refusing_detours(cls) -> Contained:
        """Every way through the transition group was refused."""

        def refuse(step: Step) -> None:
            if isinstance(step, SetSecurityGroups) and step.best_effort:
                raise Refused("OperationNotPermitted")

        return cls("cut-tracked-flows", refuse=refuse)

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    def release(
        self, *, dry_run: bool = False, skip_drifted: bool = False, incident: str = ""
    ) -> IncidentStatus:
        request = RunRequested("release", "false alarm", dry_run=dry_run)
        return self.releaser.release(
            ResponseRelease(
                runbook=CONTAIN_INSTANCE.id,
                ref=REF,
                incident=incident or self.incident,
                attempt=f"r-{len(self.history.entries)}",
                actor="arn:aws:sts::111122223333:assumed-role/oncall/kim",
                until=self.clock() + LEASE,
                request=request,
                skip_drifted=skip_drifted,
            )
        ).status

    def half_released(self) -> None:
        """Release with one change made and every later one failing."""
        calls = len(self.cloud.calls)

        def fail(_: object) -> None:
            if len(self.cloud.calls) > calls:
                raise Retryable("not now")

        self.cloud.refuse = fail
        assert self.release() is IncidentStatus.OPEN
        self.cloud.refuse = lambda _: None

    def groups(self) -> list[frozenset[object]]:
        assert self.cloud.world
        return [frozenset(one.groups) for one in self.cloud.world[Network].interfaces]

    def move(self, group: str) -> None:
        """Somebody else changes the groups of the first interface."""
        assert self.cloud.world
        network = self.cloud.world[Network]
        first, *rest = network.interfaces
        moved = replace(network, interfaces=(replace(first, groups=frozenset({group})), *rest))
        self.cloud.world = self.cloud.world.with_observation(moved)


@pytest.fixture
def contained() -> Contained:
    return Contained()


def test_a_release_gives_back_what_was(contained: Contained) -> None:
    assert contained.release() is IncidentStatus.RELEASED
    assert contained.groups() == [frozenset(one.groups) for one in contained.before[Network].interfaces]
    assert isinstance(contained.history.facts[-1][1], Released)
    assert contained.history.lease.owner == ""


def test_the_network_opens_last(contained: Contained) -> None:
    contained.release()
    released = [one.step for one in contained.history.of(Intended) if one.stage == "release"]
    assert [step.observation for step in contained.cloud.calls[-2:]] == [Network, Network]
    assert set(released) <= set(contained.cloud.calls)


def test_a_dry_run_changes_nothing(contained: Contained) -> None:
    made = len(contained.cloud.calls)
    assert contained.release(dry_run=True) is IncidentStatus.DRY_RUN
    assert len(contained.cloud.calls) == made
    assert contained.history.closed_at is None


def test_a_release_refuses_where_the_world_has_moved_on_and_says_how(contained: Contained) -> None:
    contained.move("sg-other")
    made = len(contained.cloud.calls)
    with pytest.raises(
        Refused,
        match=r"Ringfence set the quarantine group of vpc-1, found sg-other \(before Ringfence: sg-",
    ):
        contained.release()
    assert len(contained.cloud.calls) == made


def test_the_rest_can_be_restored_by_explicit_choice(contained: Contained) -> None:
    contained.move("sg-other")
    assert contained.release(skip_drifted=True) is IncidentStatus.RELEASED
    assert contained.groups()[0] == {"sg-other"}
    released = contained.history.last(Released)
    assert released
    assert any("sg-other" in words for words in released.skipped)


def test_an_interface_moved_twice_goes_back_to_where_it_was_first(contained: Contained) -> None:
    contained.move("sg-intruder")
    contained.clock.tick(minutes=1)
    contained.engine.respond(order(contained.clock(), attempt="a-2"))
    contained.release()
    assert contained.groups() == [frozenset(one.groups) for one in contained.before[Network].interfaces]


def test_what_was_put_back_by_hand_is_left(contained: Contained) -> None:
    assert contained.cloud.world
    contained.cloud.world = contained.cloud.world.with_observation(
        replace(
            contained.cloud.world[Network],
            interfaces=contained.before[Network].interfaces,
        )
    )
    assert contained.release() is IncidentStatus.RELEASED


def test_a_release_that_stopped_half_way_can_be_finished(contained: Contained) -> None:
    contained.half_released()
    assert contained.release() is IncidentStatus.RELEASED
    assert contained.groups() == [frozenset(one.groups) for one in contained.before[Network].interfaces]


def test_what_is_on_its_way_does_not_contain_again_while_a_release_is_half_done(contained: Contained) -> None:
    """Neither a continuation nor a redelivery; new activity does."""
    contained.half_released()
    made = len(contained.cloud.calls)
    contained.clock.tick(minutes=1)
    for decision in (None, AUTO):
        again = order(contained.clock(), decision=decision, attempt=f"late-{decision}")
        assert contained.engine.respond(again).status is IncidentStatus.JOINED
    assert len(contained.cloud.calls) == made
    seen = finding(updated=contained.clock(), count=9)
    report = contained.engine.respond(order(contained.clock(), attempt="new", received=seen))
    assert report.status is IncidentStatus.COMPLETE


def test_new_activity_after_half_a_release_goes_on_to_the_later_stages(contained: Contained) -> None:
    contained.half_released()
    contained.clock.tick(minutes=1)
    seen = finding(updated=contained.clock(), count=9)
    first = contained.engine.respond(order(contained.clock(), attempt="new", received=seen, stages=1))
    assert goes_on(first)
    rest = contained.engine.respond(order(contained.clock(), attempt="rest", decision=None))
    assert rest.status is IncidentStatus.COMPLETE


def test_what_was_refused_while_containing_does_not_hide_that_it_was_not_put_back() -> None:
    """The detour was refused for the same interfaces that the release then fails on."""
    contained = Contained.refusing_detours()

    def fail(step: Step) -> None:
        if isinstance(step, SetSecurityGroups):
            raise Retryable("not now")

    contained.cloud.refuse = fail
    assert contained.release() is IncidentStatus.OPEN
    contained.cloud.refuse = lambda _: None
    assert contained.release() is IncidentStatus.RELEASED
    assert contained.groups() == [frozenset(one.groups) for one in contained.before[Network].interfaces]


def test_only_the_newest_incident_can_be_released(contained: Contained) -> None:
    with pytest.raises(BadInput, match="must be the newest"):
        contained.release(incident="inc-20200101T000000.000000-0123456789")


def test_what_was_released_cannot_be_released_again(contained: Contained) -> None:
    contained.release()
    with pytest.raises(Refused, match="was released"):
        contained.release()


def test_after_a_release_an_old_update_does_not_isolate_again(contained: Contained) -> None:
    contained.release()
    made = len(contained.cloud.calls)
    assert contained.engine.respond(order(attempt="a-3")).status is IncidentStatus.JOINED
    assert len(contained.cloud.calls) == made


def test_after_a_release_new_activity_opens_a_new_incident(contained: Contained) -> None:
    contained.release()
    contained.clock.tick(minutes=5)
    seen = finding(updated=contained.clock(), count=9)
    report = contained.engine.respond(order(contained.clock(), attempt="a-3", received=seen))
    assert report.status is IncidentStatus.COMPLETE
    assert report.incident > contained.incident


def test_who_released_and_why_is_recorded(contained: Contained) -> None:
    contained.release()
    request = contained.history.last(RunRequested)
    assert request
    assert request.reason == "false alarm"
    assert contained.history.entries[-1].actor.endswith("oncall/kim")
    assert contained.history.entries[-1].at > NOON


def test_a_step_that_contradicts_itself_is_recorded_and_others_may_act_then() -> None:
    world = Contained()

    def fail(step: Step) -> None:
        if isinstance(step, RestoreTag):
            raise InternalError("two things that cannot both be")

    world.cloud.refuse = fail
    with pytest.raises(InternalError):
        world.release()
    assert "two things that cannot both be" in {one.detail for one in world.history.outcomes.values()}
    assert world.history.lease.owner == ""
    world.cloud.refuse = lambda _: None
    world.clock.tick(minutes=5)
    assert world.release() is IncidentStatus.RELEASED


def test_a_detour_through_the_transition_group_leads_back_to_the_groups_before() -> None:
    """Steps on one interface are folded in the order in which they were taken, not planned."""
    world = Contained("cut-tracked-flows")
    assert world.release() is IncidentStatus.RELEASED
    assert world.groups() == [one.groups for one in world.before[Network].interfaces]


@pytest.mark.parametrize("failure", [Refused("it is not shown"), AccessDenied("AccessDenied")])
@pytest.mark.parametrize("facet", [Network, Identity, Targets])
def test_nothing_is_undone_on_the_word_of_what_cannot_be_read(
    contained: Contained, facet: type[Observation], failure: RingfenceError
) -> None:
    changes = list(contained.cloud.calls)
    contained.cloud.unreadable = {facet: failure}
    with pytest.raises(type(failure)):
        contained.release()
    assert contained.cloud.calls == changes
    contained.cloud.unreadable = {}
    assert contained.release() is IncidentStatus.RELEASED


@pytest.mark.parametrize("facet", [Network, Identity, Targets])
def test_what_cannot_be_seen_afterwards_is_not_called_released(
    contained: Contained, facet: type[Observation]
) -> None:
    def blind(_: Step) -> None:
        contained.cloud.unreadable = {facet: AccessDenied("AccessDenied")}

    contained.cloud.refuse = blind
    with pytest.raises(AccessDenied):
        contained.release()
    assert contained.history.released_at is None
    assert contained.history.lease.owner == ""
