"""An estate on the local AWS is what the demo says of it, and looking at it shows what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.demo import WANTED
from ringfence.local.estate import Builder, Estate
from ringfence.local.inspection import Inspector

if TYPE_CHECKING:
    from ringfence.local import LocalAws


@pytest.fixture(scope="module")
def estate(aws: LocalAws) -> Estate:
    return Builder(aws.client, aws.account, aws.region, "estate").estate()


@pytest.fixture
def inspector(aws: LocalAws) -> Inspector:
    return Inspector(aws.client)


def test_two_of_a_kind_stand_behind_one_target_group(estate: Estate, inspector: Inspector) -> None:
    web, other = (inspector.portrait(one, estate.role) for one in (estate.web, estate.bystander))
    assert web == other
    assert web["Auto Scaling group"] == "estate-web (InService)"
    assert web["target groups"] == "estate-web"
    assert web["instance profile"] == estate.profile


def test_nothing_of_a_new_estate_is_as_containment_leaves_it(estate: Estate, inspector: Inspector) -> None:
    portrait = inspector.portrait(estate.web, estate.role)
    assert [aspect for aspect, wanted in WANTED.items() if portrait[aspect] == wanted] == []
    assert not inspector.closed(estate.web)


def test_an_interface_counts_as_closed_only_without_any_rule(
    aws: LocalAws, estate: Estate, inspector: Inspector
) -> None:
    ec2, builder = aws.client("ec2"), Builder(aws.client, aws.account, aws.region, "closed")
    server = builder.launch(estate.ground, "closed")
    group = ec2.create_security_group(GroupName="without-ingress", Description="it", VpcId=estate.ground.vpc)[
        "GroupId"
    ]
    for interface in server.interfaces:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    assert not inspector.closed(server), "a new group lets everything out"
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    ids = [rule["SecurityGroupRuleId"] for rule in rules["SecurityGroupRules"]]
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=ids)
    assert inspector.closed(server)
