"""Steps on rules and flow logs, held as conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Recording
from ringfence.observations.ec2.flow_logs import FlowLog, FlowLogs
from ringfence.observations.ec2.security_group import Rule, SecurityGroup
from ringfence.steps.ec2.flow_logs import CreateFlowLog
from ringfence.steps.ec2.security_group import revoke
from tests.support.fakes.network_answers import BUCKET, GROUP_ID, INCIDENT, LOG, LOG_GROUP, ROLE, VPC_ID, rule
from tests.support.strategies.network import GROUP, VPC
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

SSH = Rule(
    egress=False,
    protocol="tcp",
    from_port=22,
    to_port=22,
    peer="0.0.0.0/0",
    description="for a day",
    tags=(("team", "web"),),
)
SHOWN = rule(7, Description="for a day", Tags=[{"Key": "team", "Value": "web"}])
REVOKE = revoke(GROUP_ID, SSH)
AUTHORIZE = REVOKE.inverse()


def seen(*rules: Rule) -> ResourceState:
    return ResourceState(GROUP, {SecurityGroup: SecurityGroup("web", REF.account, frozenset(rules))})


def test_a_rule_is_revoked_by_the_id_that_it_has_now() -> None:
    others = rule(1, CidrIpv6="::/0"), rule(2, IpProtocol="udp")
    asked, done = talk(REVOKE.apply({}), ({"SecurityGroupRules": [*others, SHOWN]},), ({},))
    ((call,),) = asked[1:]
    assert call.operation == "RevokeSecurityGroupIngress"
    assert call.parameters == {"GroupId": GROUP_ID, "SecurityGroupRuleIds": [SHOWN["SecurityGroupRuleId"]]}
    assert str(SHOWN["SecurityGroupRuleId"]) in done.note


@pytest.mark.parametrize("there", [[], [{**SHOWN, "Description": "another's"}]])
def test_a_rule_that_is_not_there_as_it_was_is_not_touched(there: list[Any]) -> None:
    asked, done = talk(REVOKE.apply({}), ({"SecurityGroupRules": there},))
    assert len(asked) == 1
    assert done.note == "it no longer existed"


def test_a_rule_that_goes_meanwhile_is_what_was_wanted_and_a_group_that_goes_is_gone() -> None:
    listed = ({"SecurityGroupRules": [SHOWN]},)
    _, done = talk(REVOKE.apply({}), listed, (refusal("InvalidSecurityGroupRuleId.NotFound"),))
    assert done.note == "somebody else had already done it"
    with pytest.raises(NotFound):
        talk(REVOKE.apply({}), listed, (refusal("InvalidGroup.NotFound"),))


def test_what_is_authorized_again_is_what_was_with_its_description_and_tags() -> None:
    ((call,),), _ = talk(AUTHORIZE.apply({}), ({},))
    source = {"CidrIp": "0.0.0.0/0", "Description": "for a day"}
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [source]}
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "team", "Value": "web"}]}]
    assert call.operation == "AuthorizeSecurityGroupIngress"
    assert call.parameters == {
        "GroupId": GROUP_ID,
        "IpPermissions": [permission],
        "TagSpecifications": tags,
    }


@pytest.mark.parametrize(
    ("peer", "permission"),
    [
        ({"peer": "::/0"}, {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
        ({"peer": "pl-1"}, {"PrefixListIds": [{"PrefixListId": "pl-1"}]}),
        (
            {"peer": "sg-1", "owner": "444455556666", "connection": "pcx-1"},
            {
                "UserIdGroupPairs": [
                    {"GroupId": "sg-1", "UserId": "444455556666", "VpcPeeringConnectionId": "pcx-1"}
                ]
            },
        ),
    ],
)
def test_every_kind_of_peer_comes_back_in_its_own_way(
    peer: dict[str, str], permission: dict[str, object]
) -> None:
    everything = Rule(egress=True, protocol="-1", from_port=-1, to_port=-1, **peer)  # type: ignore[arg-type]  # texts
    ((call,),), _ = talk(revoke(GROUP_ID, everything).inverse().apply({}), ({},))
    assert call.operation == "AuthorizeSecurityGroupEgress"
    assert call.parameters["IpPermissions"] == [{"IpProtocol": "-1", **permission}]


def test_a_rule_that_is_there_already_does_no_harm_and_a_full_group_refuses() -> None:
    _, done = talk(AUTHORIZE.apply({}), (refusal("InvalidPermission.Duplicate"),))
    assert done.note == "somebody else had already done it"
    with pytest.raises(Refused):
        talk(AUTHORIZE.apply({}), (refusal("RulesPerSecurityGroupLimitExceeded"),))


def test_a_rule_of_somebody_elses_in_its_place_is_no_way_back() -> None:
    """A release must not take it for the one that was revoked, nor overwrite it."""
    theirs = replace(SSH, description="another's")
    assert REVOKE.state(seen(theirs)) is State.DRIFTED
    assert "another's" in REVOKE.actual(seen(theirs))
    assert REVOKE.state(seen(SSH)) is State.BEFORE
    assert REVOKE.state(seen()) is State.AFTER


# Flow logs

TO_BUCKET = CreateFlowLog(VPC_ID, Recording("ALL", S3, BUCKET), INCIDENT, before=False, after=True)


def test_a_flow_log_is_made_under_our_tag() -> None:
    ((call,),), done = talk(TO_BUCKET.apply({}), ({"FlowLogIds": ["fl-1"], "Unsuccessful": []},))
    tags = [{"Key": "ringfence:incident", "Value": INCIDENT}]
    assert call.parameters == {
        "ResourceType": "VPC",
        "ResourceIds": [VPC_ID],
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": BUCKET,
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": tags}],
    }
    assert done.note == "fl-1"


def test_what_was_chosen_of_a_flow_log_is_made_again() -> None:
    parquet = Recording(
        "REJECT", S3, BUCKET, interval=60, format="${version}", file_format="parquet", hive=True
    )
    ((call,),), _ = talk(replace(TO_BUCKET, recording=parquet).apply({}), ({"FlowLogIds": ["fl-1"]},))
    assert call.parameters["MaxAggregationInterval"] == 60
    assert call.parameters["LogFormat"] == "${version}"
    assert call.parameters["DestinationOptions"] == {
        "FileFormat": "parquet",
        "HiveCompatiblePartitions": True,
        "PerHourPartition": False,
    }
    group = replace(TO_BUCKET, recording=Recording("ALL", LOGS, LOG_GROUP, ROLE))
    ((call,),), _ = talk(group.apply({}), ({"FlowLogIds": ["fl-1"]},))
    assert call.parameters["DeliverLogsPermissionArn"] == ROLE


def test_what_ec2_could_not_do_stands_in_an_answer_of_success() -> None:
    error = {"Code": "400", "Message": "Access Denied for LogDestination"}
    with pytest.raises(Refused, match="Access Denied for LogDestination"):
        talk(TO_BUCKET.apply({}), ({"FlowLogIds": [], "Unsuccessful": [{"Error": error}]},))


def test_one_that_is_there_already_does_no_harm_and_a_vpc_that_is_gone_is_said() -> None:
    _, done = talk(TO_BUCKET.apply({}), (refusal("FlowLogAlreadyExists"),))
    assert done.note == "somebody else had already done it"
    with pytest.raises(NotFound):
        talk(TO_BUCKET.apply({}), (refusal("InvalidVpcID.NotFound"),))


def test_only_what_we_made_is_deleted() -> None:
    others = {**LOG, "FlowLogId": "fl-2", "LogDestination": f"{BUCKET}-of-another"}
    asked, _ = talk(TO_BUCKET.inverse().apply({}), ({"FlowLogs": [others, LOG]},), ({"Unsuccessful": []},))
    ((listed,), (delete,)) = asked
    names = [one["Name"] for one in listed.parameters["Filter"]]  # type: ignore[attr-defined]  # a list of filters
    assert names == ["resource-id", "tag:ringfence:incident"]
    assert delete.parameters == {"FlowLogIds": [LOG["FlowLogId"]]}
    _, done = talk(TO_BUCKET.inverse().apply({}), ({"FlowLogs": []},))
    assert done.note == "it no longer existed"


def test_a_flow_log_that_somebody_else_made_is_not_taken_for_ours() -> None:
    theirs = FlowLog(VPC_ID, TO_BUCKET.recording)
    world = ResourceState(VPC, {FlowLogs: FlowLogs(VPC_ID, REF.account, (theirs,))})
    assert TO_BUCKET.state(world) is State.BEFORE
    ours = replace(theirs, incident=INCIDENT)
    assert TO_BUCKET.state(ResourceState(VPC, {FlowLogs: FlowLogs(VPC_ID, logs=(ours,))})) is State.AFTER
