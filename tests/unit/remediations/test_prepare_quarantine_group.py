"""Quarantine groups that exist before an instance is compromised: where, by which name, and who uses them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.engine.run import Engine
from ringfence.handlers.reviews import finding_of
from ringfence.model.incident import Incident
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.observation import ResourceState
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.network import NAMES, QUARANTINE, Network, OwnGroup
from ringfence.observations.ec2.vpc_groups import VpcGroups, vpcs_with_instances
from ringfence.record.facts import FindingReceived
from ringfence.record.status import IncidentStatus
from ringfence.remediations.prepare_quarantine_group import prepare_quarantine_group
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from ringfence.steps.ec2.prepared_groups import EmptyPreparedGroup, PrepareOwnGroup
from tests.support.fakes import moto_world
from tests.support.fakes.network_answers import VPC_ID
from tests.support.strategies.network import OTHER_ACCOUNT, VPC
from tests.support.talks import talk
from tests.support.worlds import NOON, REF, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.step import Step

OURS = OwnGroup("sg-1", VPC_ID, QUARANTINE, NAMES[QUARANTINE], ours=True, rules=0)
THEIRS = replace(OURS, ours=False)
REVIEW = HARDEN_NETWORK.review


def planned(*groups: OwnGroup, owner: str = REF.account) -> tuple[Step, ...]:
    vpc = ResourceState(VPC, {VpcGroups: VpcGroups(owner, groups)})
    return prepare_quarantine_group.plan(vpc, Incident("inc-1", NOON))


def test_a_vpc_without_a_quarantine_group_gets_an_empty_one() -> None:
    assert planned() == (
        PrepareOwnGroup(VPC_ID, QUARANTINE, NAMES[QUARANTINE], REF.account),
        EmptyPreparedGroup(VPC_ID, 1),
    )


def test_a_new_group_has_a_second_rule_in_a_vpc_with_ipv6() -> None:
    vpc = ResourceState(VPC, {VpcGroups: VpcGroups(REF.account, ipv6=True)})
    create, empty = prepare_quarantine_group.plan(vpc, Incident("inc-1", NOON))
    (born,) = create.effect(vpc)[VpcGroups].groups
    assert empty == EmptyPreparedGroup(VPC_ID, born.rules) == EmptyPreparedGroup(VPC_ID, 2)


@pytest.mark.parametrize(
    ("state", "ipv6"), [("associating", True), ("associated", True), ("disassociated", False), (None, False)]
)
def test_an_ipv6_block_counts_while_it_is_associated(state: str | None, *, ipv6: bool) -> None:
    blocks = [{"Ipv6CidrBlockState": {"State": state}}] if state else []
    described = {"Vpcs": [{"OwnerId": REF.account, "Ipv6CidrBlockAssociationSet": blocks}]}
    _, seen = talk(VpcGroups.read(VPC, ()), (described, {"SecurityGroups": []}))
    assert seen == VpcGroups(REF.account, proven=False, ipv6=ipv6)


def test_a_group_that_is_there_stays_and_one_that_somebody_opened_is_emptied() -> None:
    assert planned(OURS) == ()
    assert planned(replace(OURS, rules=2)) == (EmptyPreparedGroup(VPC_ID, 2),)


def test_a_group_of_somebody_else_is_left_and_another_name_is_used() -> None:
    create, _ = planned(THEIRS)
    assert isinstance(create, PrepareOwnGroup)
    assert create.name == f"{NAMES[QUARANTINE]}-2"


def test_nothing_is_created_in_a_vpc_that_another_account_shares() -> None:
    assert planned(owner=OTHER_ACCOUNT) == ()


def instance(state: str, *vpcs: str) -> dict[str, object]:
    return {"State": {"Name": state}, "NetworkInterfaces": [{"VpcId": one} for one in vpcs]}


def test_the_review_lists_the_accounts_own_vpcs_with_instances() -> None:
    """An interface can be in another VPC than its instance, and what is terminated needs no isolation."""
    instances = [
        instance("running", "vpc-00000001", "vpc-00000002"),
        instance("terminated", "vpc-00000003"),
        instance("stopped", "vpc-00000004"),
    ]
    owners = {
        "vpc-00000001": REF.account,
        "vpc-00000002": REF.account,
        "vpc-00000003": REF.account,
        "vpc-00000004": OTHER_ACCOUNT,
    }
    vpcs = [
        {"VpcId": one, "OwnerId": owner} for one, owner in {**owners, "vpc-00000005": REF.account}.items()
    ]
    asked, listed = talk(
        vpcs_with_instances(REF.account, REF.region),
        ({"Reservations": [{"Instances": instances}]}, {"Vpcs": vpcs}),
    )
    assert len(asked) == 1
    assert [one.id for one in listed.refs] == ["vpc-00000001", "vpc-00000002"]


@pytest.fixture
def world() -> Iterator[moto_world.World]:
    with mock_aws():
        yield moto_world.world()


def test_the_first_isolation_in_a_vpc_uses_the_group_that_was_created_ahead(world: moto_world.World) -> None:
    """It was created by another runbook, and its id is kept where this one looks for it."""
    seen = world.cloud.observe(world.ref, (Network,))[Network]
    for vpc_id in seen.vpcs():
        assert prepare(world, vpc_id) is IncidentStatus.COMPLETE
    ahead = {group for ids in world.history.provided.values() for group in ids}
    world.noted.clear()
    result = world.respond(CONTAIN_INSTANCE.narrowed(("isolate-instance",)), "f-1", "detach")
    assert result.status is IncidentStatus.COMPLETE
    assert not [one for one in world.noted if one.operation == "CreateSecurityGroup"]
    after = world.cloud.observe(world.ref, (Network,))[Network].trusting(world.history.provided, strict=True)
    assert all(one.quarantined for one in after.interfaces)
    assert {after.names()[QuarantineGroup(vpc_id)] for vpc_id in seen.vpcs()} <= ahead


def prepare(world: moto_world.World, vpc_id: str) -> IncidentStatus:
    """Let the review look at a VPC."""
    assert REVIEW
    ref = VpcRef(world.ref.account, world.ref.region, vpc_id)
    world.clock.tick(minutes=5)
    now = world.clock()
    received = FindingReceived(finding_of(REVIEW, ref, now))
    runbook = HARDEN_NETWORK.narrowed(("prepare-quarantine-group",))
    asked = replace(order(now, attempt=f"a-{vpc_id}", received=received, runbook=runbook), ref=ref)
    return Engine(world.ports()).respond(asked).status
