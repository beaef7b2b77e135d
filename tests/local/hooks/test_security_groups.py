"""Security groups of the local AWS behave as the quarantine group needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable


def rules_of(ec2: Any, group: str) -> list[dict[str, Any]]:
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    rules: list[dict[str, Any]] = found["SecurityGroupRules"]
    return rules


def test_a_new_group_lets_everything_out_over_ipv4(ec2: Any, network: Any) -> None:
    (rule,) = rules_of(ec2, network.open)
    assert rule["IsEgress"]
    assert (rule["IpProtocol"], rule["CidrIpv4"]) == ("-1", "0.0.0.0/0")
    assert rule["SecurityGroupRuleId"].startswith("sgr-")


def test_a_new_group_in_a_vpc_with_ipv6_lets_everything_out_over_ipv6_too(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    opened = {rule.get("CidrIpv4") or rule.get("CidrIpv6") for rule in rules_of(ec2, group)}
    assert opened == {"0.0.0.0/0", "::/0"}
    ids = [rule["SecurityGroupRuleId"] for rule in rules_of(ec2, group)]
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=ids)
    assert rules_of(ec2, group) == []
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert (shown["IpPermissions"], shown["IpPermissionsEgress"]) == ([], [])


def test_rules_in_both_directions_are_revoked_by_id(ec2: Any, network: Any) -> None:
    ec2.authorize_security_group_ingress(
        GroupId=network.open,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [{"GroupId": network.open}],
            },
        ],
    )
    incoming = [rule["SecurityGroupRuleId"] for rule in rules_of(ec2, network.open) if not rule["IsEgress"]]
    assert len(incoming) == 2
    ec2.revoke_security_group_ingress(GroupId=network.open, SecurityGroupRuleIds=incoming)
    assert [rule["IsEgress"] for rule in rules_of(ec2, network.open)] == [True]


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_revoking_an_unknown_rule_id_is_refused_by_name(
    ec2: Any, network: Any, refusal: Callable[..., str], direction: str
) -> None:
    code = refusal(
        getattr(ec2, f"revoke_security_group_{direction}"),
        GroupId=network.open,
        SecurityGroupRuleIds=["sgr-0123456789abcdef0"],
    )
    assert code == "InvalidSecurityGroupRuleId.NotFound"


def test_of_many_creating_one_group_at_once_one_succeeds_and_all_others_are_told_it_is_a_duplicate(
    aws: Any, network: Any
) -> None:
    clients = [aws.client("ec2") for _ in range(8)]

    def create(ec2: Any) -> str:
        try:
            ec2.create_security_group(GroupName="race", Description="race", VpcId=network.vpc)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "created"

    with ThreadPoolExecutor(len(clients)) as pool:
        outcomes = sorted(pool.map(create, clients))
    assert outcomes == ["InvalidGroup.Duplicate"] * 7 + ["created"]


def test_a_group_is_found_by_its_tag_and_vpc(ec2: Any, network: Any) -> None:
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "ringfence", "Value": "quarantine"}]}]
    created = ec2.create_security_group(
        GroupName="tagged", Description="tagged", VpcId=network.vpc, TagSpecifications=tags
    )
    found = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [network.vpc]},
            {"Name": "tag:ringfence", "Values": ["quarantine"]},
        ]
    )["SecurityGroups"]
    assert [group["GroupId"] for group in found] == [created["GroupId"]]


def test_a_group_in_use_is_not_deleted(
    ec2: Any, network: Any, launch: Callable[..., str], refusal: Callable[..., str]
) -> None:
    launch()
    assert refusal(ec2.delete_security_group, GroupId=network.open) == "DependencyViolation"
    ec2.delete_security_group(GroupId=network.quarantine)
    assert refusal(ec2.describe_security_groups, GroupIds=[network.quarantine]) == "InvalidGroup.NotFound"


def test_rules_with_groups_and_prefix_lists_keep_their_descriptions(ec2: Any, network: Any) -> None:
    list_id = ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=1, AddressFamily="IPv4")
    peers = {
        "UserIdGroupPairs": [{"GroupId": network.quarantine, "Description": "a group"}],
        "PrefixListIds": [
            {"PrefixListId": list_id["PrefixList"]["PrefixListId"], "Description": "a prefix list"}
        ],
    }
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **peers}
    ec2.authorize_security_group_ingress(GroupId=network.open, IpPermissions=[permission])
    shown = {one.get("Description") for one in rules_of(ec2, network.open) if not one["IsEgress"]}
    assert shown == {"a group", "a prefix list"}
