"""What a release promises once the subject does not exist any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import NotFound, Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.observations.iam.identity import Identity
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Intended, Released, RunRequested, SubjectGone
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.acls import AllowAddress
from ringfence.steps.iam.instance_sessions import AllowInstanceSessions
from ringfence.steps.iam.role_sessions import AllowRoleSessions
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.moto_world import world
from tests.support.strategies.contain_instance import EVERYTHING
from tests.support.worlds import LEASE, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.model.step import Step
    from ringfence.record.history import History

RUNBOOK = CONTAIN_INSTANCE.chosen(("block-remote-address", "revoke-role-sessions"))
SHARED = (SubnetAcls, Identity, RoleSessions)
"""What is read without the instance: the ACLs of its subnets, its roles and their sessions."""
ALLOWED = AclEntry(number=100, egress=False, deny=False, protocol="-1", cidr="0.0.0.0/0")


class Terminated:
    """An instance that was contained and terminated then. `told`: it is on record that it is gone."""

    def __init__(self, *, told: bool) -> None:
        self.clock = Ticking()
        self.before = estate().with_observation(SubnetAcls((Acl("acl-1", frozenset({ALLOWED})),)))
        self.cloud = MemoryCloud(self.before, self.clock)
        self.log = MemoryLog()
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        self.engine, self.releaser = Engine(ports), Releaser(ports)
        self.incident = self._respond().incident
        assert self.cloud.world
        self.whole = self.cloud.world
        self.cloud.world = ResourceState(REF, {kind: self.whole[kind] for kind in SHARED})
        if told:
            while not self.history.last(SubjectGone):
                self.clock.tick(minutes=5)
                self.notice()

    def notice(self) -> None:
        try:
            self._respond()
        except Retryable:
            return

    def _respond(self) -> ResponseResult:
        seen = finding(updated=self.clock(), remote_addresses=("198.51.100.7",))
        return self.engine.respond(
            order(self.clock(), runbook=RUNBOOK, received=seen, attempt=f"a-{self.clock():%H%M}")
        )

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(RUNBOOK.id, REF.key))

    def release(self, *, dry_run: bool = False) -> IncidentStatus:
        self.clock.tick(minutes=1)
        given = ResponseRelease(
            runbook=RUNBOOK.id,
            ref=REF,
            incident=self.incident,
            attempt=f"r-{self.clock():%H%M}",
            actor="arn:aws:sts::111122223333:assumed-role/oncall/kim",
            until=self.clock() + LEASE,
            request=RunRequested("release", "it was rebuilt", dry_run=dry_run),
        )
        return self.releaser.release(given).status

    def undone(self) -> list[type[Step]]:
        return [type(one.step) for one in self.history.of(Intended) if one.stage == "release"]

    def is_as_before(self) -> bool:
        assert self.cloud.world
        acls, roles = self.cloud.world[SubnetAcls], self.cloud.world[RoleSessions]
        held = {one.role.id: one.denials for one in self.cloud.world[Identity].roles}
        return (
            acls == self.before[SubnetAcls]
            and roles == self.before[RoleSessions]
            and held == {one.role.id: one.denials for one in self.before[Identity].roles}
        )


@pytest.mark.parametrize("told", [True, False])
def test_what_outlives_the_instance_is_put_back(told: bool) -> None:  # noqa: FBT001 - a parameter
    gone = Terminated(told=told)
    assert not gone.is_as_before()
    assert gone.release() is IncidentStatus.RELEASED
    assert gone.is_as_before()
    assert set(gone.undone()) == {AllowAddress, AllowInstanceSessions, AllowRoleSessions}
    assert gone.history.lease.owner == ""
    assert Summary.of(gone.history.entries).state == "released"


def test_what_went_with_the_instance_is_kept_in_words() -> None:
    gone = Terminated(told=True)
    gone.release()
    released = gone.history.last(Released)
    assert released
    kept = " | ".join(released.skipped)
    for part in ("eni-0", "detach instance profile", "Auto Scaling group", f"{REF.id} does not exist"):
        assert part in kept


def test_a_dry_run_shows_what_would_be_put_back() -> None:
    gone = Terminated(told=True)
    made = len(gone.cloud.calls)
    assert gone.release(dry_run=True) is IncidentStatus.DRY_RUN
    assert len(gone.cloud.calls) == made
    assert gone.history.closed_at is None, "what outlives the instance is watched"
    assert Summary.of(gone.history.entries).state == "complete"
    assert gone.release() is IncidentStatus.RELEASED


def test_it_is_released_once() -> None:
    gone = Terminated(told=True)
    gone.release()
    with pytest.raises(Refused, match=r"was released at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"):
        gone.release()


def test_one_facet_that_is_gone_does_not_keep_the_others_from_being_read() -> None:
    gone = Terminated(told=True)
    gone.cloud.world = ResourceState(REF, {kind: gone.whole[kind] for kind in SHARED if kind is not Identity})
    assert gone.release() is IncidentStatus.RELEASED
    assert set(gone.undone()) == {AllowAddress, AllowRoleSessions}


def test_a_release_that_failed_half_way_can_be_finished() -> None:
    gone = Terminated(told=True)

    def fail(step: Step) -> None:
        if isinstance(step, AllowAddress):
            raise Retryable("not now")

    gone.cloud.refuse = fail
    assert gone.release() is IncidentStatus.OPEN
    assert Summary.of(gone.history.entries).state == "being released"
    gone.cloud.refuse = lambda _: None
    assert gone.release() is IncidentStatus.RELEASED
    assert gone.is_as_before()


def test_what_turns_out_to_be_gone_while_it_is_put_back_is_over() -> None:
    gone = Terminated(told=True)

    def fail(step: Step) -> None:
        if isinstance(step, AllowAddress):
            raise NotFound("InvalidNetworkAclID.NotFound")

    gone.cloud.refuse = fail
    assert gone.release() is IncidentStatus.RELEASED
    released = gone.history.last(Released)
    assert released
    assert "InvalidNetworkAclID.NotFound" in " | ".join(released.skipped)


def test_an_instance_that_is_back_at_the_second_look_is_not_taken_for_gone() -> None:
    """One wrong answer must not leave it isolated for good under a record that says that it was released."""
    gone = Terminated(told=True)

    def back(_: Step) -> None:
        gone.cloud.refuse = lambda _: None
        assert gone.cloud.world
        gone.cloud.world = ResourceState(REF, {**gone.whole.observations, **gone.cloud.world.observations})

    gone.cloud.refuse = back
    assert gone.release() is IncidentStatus.OPEN
    assert gone.release() is IncidentStatus.RELEASED
    assert gone.is_as_before()


@mock_aws
def test_an_instance_that_was_terminated_in_ec2_leaves_neither_denied_addresses_nor_denied_roles() -> None:
    here = world()
    ec2, iam = here.estate.client("ec2"), here.estate.client("iam")
    before = _shared(ec2, iam)
    incident = here.respond(EVERYTHING, "f-1", "detach").incident
    assert _shared(ec2, iam) != before
    ec2.modify_instance_attribute(InstanceId=here.ref.id, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[here.ref.id])
    assert here.release(incident).status is IncidentStatus.RELEASED
    assert _shared(ec2, iam) == before


def _shared(ec2: Any, iam: Any) -> list[object]:  # noqa: ANN401 - made at run time
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    policies = [iam.list_role_policies(RoleName=name)["PolicyNames"] for name in names]
    return [*(acl["Entries"] for acl in ec2.describe_network_acls()["NetworkAcls"]), *policies]
