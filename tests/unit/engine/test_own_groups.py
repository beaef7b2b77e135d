"""Whose quarantine group it is: only what Ringfence recorded is its own, whatever name and tags it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.model.errors import Retryable
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.network import QUARANTINE, ROLE_TAG, TRANSITION, Interface, Network, OwnGroup
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.own_groups import MOST_NAMES, CreateOwnGroup
from tests.support.fakes import moto_world
from tests.support.talks import refusal, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

Q = QuarantineGroup("vpc-1")
THEIRS = OwnGroup("sg-theirs", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=0)
OURS = OwnGroup("sg-ours", "vpc-1", QUARANTINE, "ringfence-quarantine-2", ours=True, rules=0)


def seen(group: str, *groups: OwnGroup) -> Network:
    """What EC2 shows of one interface, with the groups of our names and tags."""
    interface = Interface("eni-0", "vpc-1", frozenset({group}))
    return Network("running", (interface,), groups, proven=False)


@pytest.mark.parametrize(
    ("group", "known", "isolated"),
    [
        ("sg-theirs", (), False),
        ("sg-theirs", ("sg-ours",), False),
        ("sg-ours", ("sg-ours",), True),
        ("sg-ours", ("sg-older", "sg-ours"), True),
        ("sg-web", ("sg-ours",), False),
    ],
)
def test_an_interface_is_in_quarantine_in_a_recorded_group_alone(
    group: str, known: tuple[str, ...], *, isolated: bool
) -> None:
    provided = {Q.key: frozenset(known)} if known else {}
    network = seen(group, THEIRS, OURS).trusting(provided, strict=True)
    assert network.interfaces[0].quarantined is isolated
    assert network.names() == ({Q: "sg-ours"} if "sg-ours" in known else {})


def test_several_recorded_groups_of_a_vpc_are_all_quarantine() -> None:
    both = {Q.key: frozenset({"sg-theirs", "sg-ours"})}
    for group in ("sg-theirs", "sg-ours"):
        assert seen(group, THEIRS, OURS).trusting(both, strict=True).interfaces[0].quarantined


def test_a_recorded_group_that_was_opened_is_no_quarantine_and_is_repaired_by_its_id() -> None:
    opened = replace(OURS, rules=2)
    network = seen("sg-ours", THEIRS, opened).trusting({Q.key: frozenset({"sg-ours"})}, strict=True)
    assert not network.interfaces[0].quarantined
    assert network.names() == {Q: "sg-ours"}
    assert network.usable() == {}


def test_a_release_knows_by_name_and_tag_what_no_id_was_recorded_of() -> None:
    """Earlier versions recorded none. A recorded id rules the others out there as well."""
    assert seen("sg-theirs", THEIRS).trusting({}, strict=False).interfaces[0].quarantined
    named = Network("running", (Interface("eni-0", "vpc-1", frozenset({Q})),), (THEIRS,), proven=False)
    assert named.trusting({}, strict=False).interfaces[0].quarantined
    assert not named.trusting({}, strict=True).interfaces[0].quarantined
    assert not named.trusting({Q.key: frozenset({"sg-ours"})}, strict=False).interfaces[0].quarantined


@pytest.mark.parametrize("role", [QUARANTINE, TRANSITION])
def test_a_name_that_somebody_holds_is_gone_around_and_their_group_is_not_taken(role: str) -> None:
    """It may be another account's in a shared VPC, which is not even shown."""
    step = CreateOwnGroup("vpc-1", role, f"ringfence-{role}")
    taken = refusal("InvalidGroup.Duplicate")
    rounds, done = talk(step.apply({}), (taken,), (taken,), ({"GroupId": "sg-new"},))
    names = [call.parameters["GroupName"] for (call,) in rounds]
    assert names == [f"ringfence-{role}", f"ringfence-{role}-2", f"ringfence-{role}-3"]
    assert list(done.provides.values()) == ["sg-new"]


def test_in_a_vpc_that_many_accounts_share_the_second_name_is_of_this_account_alone() -> None:
    """The names of the others are taken, and their groups are not shown."""
    step = CreateOwnGroup("vpc-1", QUARANTINE, "ringfence-quarantine", "111122223333")
    rounds, _ = talk(step.apply({}), (refusal("InvalidGroup.Duplicate"),), ({"GroupId": "sg-new"},))
    names = [call.parameters["GroupName"] for (call,) in rounds]
    assert names == ["ringfence-quarantine", "ringfence-quarantine-111122223333"]


def test_where_every_name_is_held_it_is_tried_again_later() -> None:
    step = CreateOwnGroup("vpc-1", QUARANTINE, "ringfence-quarantine")
    taken = [(refusal("InvalidGroup.Duplicate"),)] * MOST_NAMES
    with pytest.raises(Retryable, match="holds the name"):
        talk(step.apply({}), *taken)


@pytest.fixture
def world() -> Iterator[moto_world.World]:
    with mock_aws():
        yield moto_world.world()


def test_an_intruders_group_with_our_name_and_tag_is_not_used(world: moto_world.World) -> None:
    """They would open it afterwards. The next instance of the VPC uses the group that was made instead."""
    ec2 = world.estate.client("ec2")
    instance = ec2.describe_instances(InstanceIds=[world.ref.id])["Reservations"][0]["Instances"][0]
    trap = ec2.create_security_group(
        GroupName="ringfence-quarantine",
        Description="not what it seems",
        VpcId=instance["VpcId"],
        TagSpecifications=[
            {"ResourceType": "security-group", "Tags": [{"Key": ROLE_TAG, "Value": QUARANTINE}]}
        ],
    )["GroupId"]
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [trap]}])
    ids = [rule["SecurityGroupRuleId"] for rule in rules["SecurityGroupRules"]]
    ec2.revoke_security_group_egress(GroupId=trap, SecurityGroupRuleIds=ids)
    runbook = CONTAIN_INSTANCE.narrowed(("isolate-instance",))
    result = world.respond(runbook, "f-1", "detach")
    assert result.status is IncidentStatus.COMPLETE
    used = world.history.provided[QuarantineGroup(instance["VpcId"]).key]
    network = world.cloud.observe(world.ref, (Network,))[Network]
    assert trap not in used
    assert trap not in str(network.trusting(world.history.provided, strict=True).names())
    assert network.trusting(world.history.provided, strict=True).interfaces[0].quarantined
    assert world.release(result.incident).status is IncidentStatus.RELEASED
