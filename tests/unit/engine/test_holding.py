"""What is held back as a dry run: hosts of containers, and a second instance of a group."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, approval_message, continuation, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.requests import Approving
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.network import Network
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.limits import GROUP as GROUP_SCOPE
from ringfence.policy.limits import Limit, Limits
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.approvals import approvals
from ringfence.record.chain import ChainKey, Members, Stamp, link
from ringfence.record.containments import is_contained
from ringfence.record.facts import DecisionMade, Intended, Planned, RunRequested
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.auto_scaling import DetachFromGroup
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.snapshots import CreateSnapshots
from tests.support.fakes.memory_cloud import Made, MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import goes_on
from tests.support.strategies.instances import chosen
from tests.support.worlds import AUTO, LEASE, NOON, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit
    from ringfence.record.history import History

HOST = Host(("tag kubernetes.io/cluster/shop",))
RUNBOOK = CONTAIN_INSTANCE.chosen(())
AN_HOUR = Limits((Limit(GROUP_SCOPE, 1, 5),), ())
"""One instance of a group in an hour, and no share of it: a share counts until the containment ends."""
HELD = {"isolate-instance", "leave-auto-scaling", "leave-target-groups"}


class Place:
    """Instances in one Auto Scaling group and no target group, one log, one clock."""

    def __init__(self, host: Host) -> None:
        self.clock, self.log, self.host = Ticking(), MemoryLog(), host
        self.clouds: dict[str, MemoryCloud] = {}
        self.attempts = 0

    def respond(self, number: int = 0, *, hosts: str = "dry-run", **more: object) -> ResponseResult:
        """Respond to a finding about one instance, and go on as the second queue does."""
        self.attempts += 1
        ref = replace(REF, id=f"{REF.id[:-1]}{number}")
        world = ResourceState(ref, estate().observations).with_observation(self.host)
        cloud = self.clouds.setdefault(ref.id, MemoryCloud(world, self.clock))
        self.log.members[ChainKey(RUNBOOK.id, ref.key).text] = Members((), self.clock())
        engine = Engine(Ports(cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))
        attempt = f"a-{self.attempts}"
        received = finding(subjects=(ref,), updated=self.clock()) if "request" not in more else None
        given = order(self.clock(), attempt=attempt, received=received, runbook=RUNBOOK, stages=1, **more)  # type: ignore[arg-type]  # a test names what it changes
        given = replace(given, ref=ref, choices=chosen(hosts=hosts))
        result = engine.respond(given)
        self.clock.tick(seconds=5)
        if goes_on(result):
            context = ExecutionContext(attempt, "test", self.clock() + LEASE)
            message = continuation(given, result)
            engine.respond(resumed(message, CONTAIN_INSTANCE, context))
        return result

    def answer(self, answer: str) -> None:
        """Answer the newest approval, and handle the message about it."""
        history = self.history()
        asked = approvals(history.entries)[-1]
        key = ChainKey(RUNBOOK.id, REF.key.replace(REF.id, f"{REF.id[:-1]}0"))
        stamp = Stamp(key, history.incident, "ann", "answer", self.clock())
        fact = ApprovalAnswered(asked.id, answer, "I have looked")
        self.log.append(key, history, link(stamp, history.head, (fact,)), None)
        message = approval_message(key, history.incident, asked.asked, Approving(asked.id))
        context = ExecutionContext("approved", "test", self.clock() + LEASE)
        cloud = self.clouds[f"{REF.id[:-1]}0"]
        engine = Engine(Ports(cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))
        engine.run(resumed(message, CONTAIN_INSTANCE, context))
        self.clock.tick(seconds=5)

    def steps(self, number: int = 0) -> set[type[Step]]:
        """Return the kinds of step that were made on an instance."""
        return {type(step) for step in self.clouds[f"{REF.id[:-1]}{number}"].calls}

    def decisions(self, number: int = 0) -> list[DecisionMade]:
        return list(self.history(number).of(DecisionMade))

    def history(self, number: int = 0) -> History:
        ref = replace(REF, id=f"{REF.id[:-1]}{number}")
        return self.log.read(ChainKey(RUNBOOK.id, ref.key))

    def told(self, number: int = 0) -> str:
        entries = self.history(number).entries
        notices = (notice(entries[: count + 1]) for count in range(len(entries)))
        return "\n".join(f"{one.subject}\n{one.text}" for one in notices if one)


def test_a_host_of_containers_keeps_its_network_while_evidence_and_identity_are_secured() -> None:
    place = Place(HOST)
    result = place.respond()
    assert set(result.held) == HELD
    assert CreateSnapshots in place.steps()
    assert not place.steps() & {SetSecurityGroups, DetachFromGroup}
    acting, dry = sorted(place.decisions(), key=lambda one: one.decision.mode)
    assert acting.decision.mode is Mode.AUTO
    assert not HELD & set(acting.remediations)
    assert (dry.decision.mode, dry.decision.code) == (Mode.DRY_RUN, DecisionCode.FORGEABLE)
    assert set(dry.remediations) == HELD
    assert "cordon" in place.told()
    assert "kubernetes.io/cluster/shop" in place.told()


@pytest.mark.parametrize(
    ("signs", "urgent"),
    [
        (("tag kubernetes.io/cluster/shop",), True),
        (("tag aws:eks:cluster-name",), False),
        (("tag kubernetes.io/cluster/shop", "tag aws:eks:cluster-name"), False),
        (("tag kubernetes.io/cluster/shop", "interface for pods eni-1"), False),
    ],
)
def test_tags_that_anybody_can_write_hold_isolation_back_with_an_urgent_notice(
    signs: tuple[str, ...],
    urgent: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """An intruder can write them before the first finding. A person must check at once."""
    place = Place(Host(signs))
    place.respond()
    assert ("[URGENT, high] dry run" in place.told()) is urgent
    assert ("only tags hold it back" in place.told()) is urgent
    assert "ringfence run contain-instance" in place.told()
    (dry,) = (one for one in place.decisions() if one.decision.mode is Mode.DRY_RUN)
    assert dry.decision.code.holds


def test_a_long_name_of_a_tag_does_not_displace_what_a_person_must_do() -> None:
    place = Place(Host(tuple(f"tag kubernetes.io/cluster/{number}{'x' * 200}" for number in range(20))))
    place.respond()
    (line,) = {one for one in place.told().splitlines() if "and isolation would stop all of them" in one}
    assert "and 18 more" in line
    assert "cordon the node" in line


def test_what_would_have_been_done_is_in_the_recorded_plan() -> None:
    place = Place(HOST)
    place.respond()
    plans = place.history().of(Planned)
    assert any(isinstance(step, SetSecurityGroups) for one in plans for step in one.steps)


def test_an_incident_whose_isolation_is_held_is_not_contained() -> None:
    place = Place(HOST)
    assert place.respond().status is IncidentStatus.OPEN
    history = place.history()
    assert history.verified
    assert history.verified.whole
    assert not history.verified.complete
    assert history.verified.judged
    assert any("cordon" in words for words in history.verified.review)
    assert Summary.of(history.entries).status is IncidentStatus.OPEN
    assert "NOT contained" in place.told()


def test_what_a_person_runs_afterwards_is_no_longer_held_back() -> None:
    place = Place(HOST)
    place.respond()
    place.respond(request=RunRequested("contain-instance", "drained"))
    history = place.history()
    assert history.verified
    assert history.verified.complete
    assert Summary.of(history.entries).status is IncidentStatus.COMPLETE


def test_a_tag_that_is_written_after_the_isolation_ends_no_containment() -> None:
    place = Place(Host())
    place.respond()
    assert is_contained(place.history())
    place.clock.tick(hours=1)
    _tag(place)
    assert place.respond().held == ()
    assert is_contained(place.history()), "it stays on the list of what is verified again"
    assert Summary.of(place.history().entries).status is IncidentStatus.COMPLETE
    assert "NOT contained" not in place.told()


def test_a_finding_after_a_person_isolated_a_host_of_containers_ends_no_containment() -> None:
    place = Place(HOST)
    place.respond(request=RunRequested("contain-instance", "drained"))
    place.clock.tick(hours=1)
    place.respond()
    assert is_contained(place.history())


def test_a_tag_does_not_keep_an_instance_open_that_somebody_took_out_of_isolation() -> None:
    place = Place(Host())
    place.respond()
    _tag(place)
    _open(place)
    place.clock.tick(hours=1)
    place.respond()
    assert is_contained(place.history())
    assert SetSecurityGroups in place.steps()


def _tag(place: Place) -> None:
    place.host = HOST
    cloud = place.clouds[f"{REF.id[:-1]}0"]
    assert cloud.world
    cloud.world = cloud.world.with_observation(HOST)


def _open(place: Place) -> None:
    cloud = place.clouds[f"{REF.id[:-1]}0"]
    assert cloud.world
    open_again = [replace(one, groups=frozenset({"sg-web"})) for one in cloud.world[Network].interfaces]
    network = replace(cloud.world[Network], interfaces=tuple(open_again))
    cloud.world, cloud.calls = cloud.world.with_observation(network), []


def test_a_redelivery_records_nothing_new_of_what_is_held() -> None:
    place = Place(HOST)
    place.respond()
    place.clock.now = NOON
    before = len(place.decisions())
    place.respond()
    assert len(place.decisions()) == before


def test_the_policy_can_allow_it_and_a_person_can_run_it() -> None:
    allowed, asked = Place(HOST), Place(HOST)
    allowed.respond(hosts="isolate")
    asked.respond(request=RunRequested("contain-instance", "drained"))
    assert SetSecurityGroups in allowed.steps() & asked.steps()


def test_a_dry_run_by_the_policy_stays_one_whole_dry_run() -> None:
    place = Place(HOST)
    dry = replace(AUTO, mode=Mode.DRY_RUN)
    assert place.respond(decision=dry).held == ()
    assert [one.decision.mode for one in place.decisions()] == [Mode.DRY_RUN]


def test_evidence_that_cannot_be_taken_keeps_nobody_from_being_told() -> None:
    place = Place(HOST)

    class Failing(MemoryCloud):
        def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:
            raise Retryable(f"throttled: {ref.id} {step} {names} {permit}")

    world = ResourceState(replace(REF, id=f"{REF.id[:-1]}0"), estate().observations).with_observation(HOST)
    place.clouds[world.ref.id] = Failing(world, place.clock)
    place.respond()
    assert "cordon" in place.told()


# One instance of an Auto Scaling group an hour

GROUP = Host(group="web")


def test_of_one_group_one_instance_an_hour_is_isolated_and_the_rest_is_told() -> None:
    place = Place(GROUP)
    for number in range(4):
        place.respond(number)
    isolated = [number for number in range(4) if SetSecurityGroups in place.steps(number)]
    left = [number for number in range(4) if DetachFromGroup in place.steps(number)]
    assert isolated == left == [0]
    for number in (1, 2, 3):
        assert CreateSnapshots in place.steps(number), "evidence is secured all the same"
        codes = {one.decision.code for one in place.decisions(number)}
        assert DecisionCode.LIMITED in codes
        assert f"{REF.id[:-1]}0 was first" in place.told(number)
        assert "manually" in place.told(number)


def test_the_next_one_follows_after_an_hour_and_the_first_may_go_on_at_any_time() -> None:
    place = Place(GROUP)
    place.respond(0, limits=AN_HOUR)
    place.clock.tick(minutes=30)
    place.respond(1, limits=AN_HOUR)
    place.respond(0, limits=AN_HOUR)
    assert SetSecurityGroups not in place.steps(1)
    place.clock.now = NOON + timedelta(hours=1)
    place.respond(1, limits=AN_HOUR)
    assert SetSecurityGroups in place.steps(1)
    _open(place)
    place.respond(0)
    assert SetSecurityGroups in place.steps(0), "an incident that has used the limit needs it no more"


def test_a_person_is_not_limited() -> None:
    place = Place(GROUP)
    place.respond(0)
    place.respond(1, request=RunRequested("contain-instance", "both are compromised"))
    assert SetSecurityGroups in place.steps(1)


def test_instances_outside_of_groups_and_of_other_groups_are_not_limited() -> None:
    place = Place(Host())
    place.respond(0)
    place.respond(1)
    place.host = GROUP
    place.respond(2)
    place.host = Host(group="batch")
    place.respond(3)
    assert all(SetSecurityGroups in place.steps(number) for number in range(4))


def test_a_limit_that_is_used_leaves_no_trace_of_a_change_that_was_not_made() -> None:
    place = Place(GROUP)
    place.respond(0)
    place.respond(1)
    intended = place.history(1).of(Intended)
    assert not any(isinstance(one.step, SetSecurityGroups) for one in intended)


@pytest.mark.parametrize("hosts", ["dry-run", "isolate"])
def test_a_host_of_containers_in_a_group_that_is_not_isolated_uses_no_limit(hosts: str) -> None:
    place = Place(replace(HOST, group="web"))
    place.respond(0)
    place.respond(1, hosts=hosts)
    assert (SetSecurityGroups in place.steps(1)) is (hosts == "isolate")


def test_where_the_policy_asks_a_person_can_approve_what_is_held_back() -> None:
    place = Place(HOST)
    result = place.respond(held_back=Mode.APPROVE)
    assert set(result.held) == HELD
    assert CreateSnapshots in place.steps(), "the evidence does not wait"
    assert not place.steps() & {SetSecurityGroups, DetachFromGroup}
    (asked,) = approvals(place.history().entries)
    assert set(asked.asked.remediations) == HELD
    assert any("cordon" in one for one in asked.asked.cautions)
    assert "[URGENT" in place.told(), "an intruder can have written the tag"
    assert not is_contained(place.history())
    place.answer(Answer.APPROVE)
    assert place.steps() >= {SetSecurityGroups, DetachFromGroup}
    assert is_contained(place.history())


def test_what_a_person_rejects_stays_held_back() -> None:
    place = Place(HOST)
    place.respond(held_back=Mode.APPROVE)
    place.answer(Answer.REJECT)
    place.respond(held_back=Mode.APPROVE)
    assert not place.steps() & {SetSecurityGroups, DetachFromGroup}
    assert not is_contained(place.history())
    assert len(approvals(place.history().entries)) == 1, "the same plan is not asked about again for a day"
