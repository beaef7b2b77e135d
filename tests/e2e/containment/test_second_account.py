"""An instance in another account, whose finding comes through the delegated administrator's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.aws.audit_items import CONTROL_KEY, PROVIDED, provided_key, provided_text
from ringfence.local.findings import InstanceFinding
from ringfence.model.claims import CONFIRMED
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.network import NAMES, QUARANTINE, ROLE_TAG
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade
from tests.e2e.world import OTHER_ACCOUNT, Inbox, applied, until

if TYPE_CHECKING:
    from tests.e2e.deployments import Deployer
    from tests.e2e.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("protected")]
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/ringfence-contain-instance"


@pytest.fixture(scope="module")
def protected(world: World, deployer: Deployer) -> None:
    """The other account has its roles."""
    deployer.protect(world.local, OTHER_ACCOUNT)


def test_what_is_delivered_there_comes_home_and_is_answered(world: World) -> None:
    """A detector without a delegated administrator: the finding is on the other account's own bus."""
    builder = world.builder(OTHER_ACCOUNT)
    server = builder.launch(builder.ground(), builder.name, builder.profile())
    finding = InstanceFinding.about(server)
    world.deployment.send(finding, account=OTHER_ACCOUNT)
    made = world.complete(server).last(DecisionMade)
    assert made
    assert made.source == CONFIRMED
    assert world.inspector(OTHER_ACCOUNT).closed(server)


def test_it_is_contained_through_the_role_in_its_own_account(world: World) -> None:
    estate, inspector = world.builder(OTHER_ACCOUNT).estate(), world.inspector(OTHER_ACCOUNT)
    neighbour = inspector.portrait(estate.bystander, estate.role)
    finding = world.send(estate.web)
    assert finding.detail()["accountId"] != world.local.account
    history = world.complete(estate.web)
    made = history.last(DecisionMade)
    assert made
    assert made.source == CONFIRMED, "GuardDuty answers in the member account for the administrator's event"
    assert set(applied(history).values()) == {1}
    assert inspector.closed(estate.web)
    after = inspector.portrait(estate.web, estate.role)
    assert (after["instance profile"], after["sessions of its role"]) == ("none", "denied everything")
    assert after["snapshots"] == "1 of each of 2 volumes"
    assert inspector.portrait(estate.bystander, estate.role) == neighbour
    moves = world.calls("ModifyNetworkInterfaceAttribute", estate.web.interfaces[0], OTHER_ACCOUNT)
    issuers = {one["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] for one in moves}
    assert issuers == {ROLE}
    assert world.deployment.archived(estate.web.ref).sound


def test_a_group_whose_id_somebody_wrote_without_a_mac_is_told_and_isolates_nothing(enforcing: World) -> None:
    """Name, tag and rules of the group are right. Its owner is the intruder, who can open it afterwards."""
    builder, inspector = enforcing.builder(OTHER_ACCOUNT), enforcing.inspector(OTHER_ACCOUNT)
    ec2, dynamodb, inbox = (
        enforcing.client("ec2", OTHER_ACCOUNT),
        enforcing.client("dynamodb"),
        Inbox(enforcing),
    )
    ground = builder.ground()
    server = builder.launch(ground, builder.name)
    tags = [{"Key": ROLE_TAG, "Value": QUARANTINE}]
    group = ec2.create_security_group(
        GroupName=NAMES[QUARANTINE],
        Description="ours",
        VpcId=ground.vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    table, place = (
        enforcing.deployment.control_table,
        provided_key(ChainKey("contain-instance", server.ref.key)),
    )
    key = {CONTROL_KEY: {"S": place}}
    dynamodb.delete_item(TableName=table, Key=key)  # as if nothing had been created there
    ids = provided_text({QuarantineGroup(ground.vpc).key: frozenset({group})})
    dynamodb.put_item(TableName=table, Item={**key, PROVIDED: {"S": ids}})
    (told, *_) = until(lambda: inbox.told("ids without a MAC"), "a person is told")
    assert told.startswith("[URGENT")
    enforcing.send(server)
    enforcing.complete(server)
    assert inspector.closed(server)
    found = ec2.describe_instances(InstanceIds=[server.ref.id])["Reservations"][0]["Instances"][0]
    groups = {one["GroupId"] for each in found["NetworkInterfaces"] for one in each["Groups"]}
    assert groups
    assert group not in groups
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    assert group not in item[PROVIDED]["S"]
    assert item["mac"]["S"]
