"""Security groups, flow logs and what deleted flow logs recorded, as they are read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import NotFound
from ringfence.observations.ec2.flow_log_records import (
    LOGS,
    PAGES,
    S3,
    Deleted,
    Recording,
    in_trail,
    recording_in,
)
from ringfence.observations.ec2.flow_logs import FlowLog, FlowLogs
from ringfence.observations.ec2.security_group import MOST_LISTS, Rule, SecurityGroup
from ringfence.steps.ec2.flow_logs import CreateFlowLog
from tests.support.fakes.network_answers import (
    BUCKET,
    FLOW_LOG_ID,
    GROUP_ID,
    INCIDENT,
    ITEM,
    LIST_ID,
    LOG,
    LOG_GROUP,
    MADE,
    RECORD,
    ROLE,
    VPC_ID,
    rule,
)
from tests.support.samples.shared import shared_file
from tests.support.strategies.network import FLOW_LOG, GROUP, VPC
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

SSH = Rule(egress=False, protocol="tcp", from_port=22, to_port=22, peer="0.0.0.0/0")
NO_USERS: dict[str, Any] = {"NetworkInterfaces": []}


def described(**more: object) -> dict[str, Any]:
    group = {"GroupId": GROUP_ID, "GroupName": "web", "OwnerId": REF.account, "Tags": [], **more}
    return {"SecurityGroups": [group]}


def ruled(*rules: dict[str, object]) -> dict[str, Any]:
    return {"SecurityGroupRules": list(rules)}


# Security groups


def test_a_group_is_read_in_one_round() -> None:
    rounds, seen = talk(SecurityGroup.read(GROUP, ()), (described(), ruled(rule(1)), NO_USERS))
    assert len(rounds) == 1
    assert seen == SecurityGroup("web", REF.account, frozenset({SSH}))


def test_prefix_lists_take_another_round_and_only_those_that_let_in() -> None:
    lists = [rule(number, PrefixListId=f"pl-{number}") for number in range(MOST_LISTS + 2)]
    out = rule(9, egress=True, PrefixListId="pl-out")
    entries = [{"Entries": [{"Cidr": "10.0.0.0/8"}]} for _ in range(MOST_LISTS)]
    entries[0] = {"Entries": [{"Cidr": "::/0"}]}
    rounds, seen = talk(
        SecurityGroup.read(GROUP, ()), (described(), ruled(*lists, out), NO_USERS), tuple(entries)
    )
    assert [call.parameters["PrefixListId"] for call in rounds[1]] == [f"pl-{n}" for n in range(MOST_LISTS)]
    assert seen.open_lists == ("pl-0",)
    assert seen.unread == ("pl-5", "pl-6")


def test_what_may_not_be_read_beside_the_rules_stops_nothing() -> None:
    denied = refusal("UnauthorizedOperation")
    answers = (described(), ruled(rule(1, PrefixListId=LIST_ID)), denied)
    _, seen = talk(SecurityGroup.read(GROUP, ()), answers, (denied,))
    assert seen.used_by() == "its uses could not be read"
    assert (seen.open_lists, seen.unread) == ((), (LIST_ID,))


@pytest.mark.parametrize("answer", [refusal("InvalidGroup.NotFound"), {"SecurityGroups": []}])
def test_a_group_that_is_not_there_is_gone(answer: Any) -> None:  # noqa: ANN401 - an answer
    with pytest.raises(NotFound):
        talk(SecurityGroup.read(GROUP, ()), (answer, ruled(), NO_USERS))


def test_every_kind_of_peer_is_read_with_what_it_needs_to_come_back() -> None:
    group = {"GroupId": "sg-0fedcba9876543210", "UserId": "444455556666", "VpcPeeringConnectionId": "pcx-1"}
    tags = [{"Key": "team", "Value": "web"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]
    found = ruled(
        rule(1, CidrIpv6="::/0", Tags=tags),
        rule(2, ReferencedGroupInfo=group, Description="ours"),
        rule(3, IpProtocol="-1", FromPort=-1, ToPort=-1, egress=True),
    )
    _, seen = talk(SecurityGroup.read(GROUP, ()), (described(), found, NO_USERS))
    six = replace(SSH, peer="::/0", tags=(("team", "web"),))
    other = replace(SSH, peer=group["GroupId"], owner="444455556666", connection="pcx-1", description="ours")
    everything = Rule(egress=True, protocol="-1", from_port=-1, to_port=-1, peer="0.0.0.0/0")
    assert seen.rules == {six, other, everything}


def test_what_uses_a_group_is_counted_on_one_page() -> None:
    users = {
        "NetworkInterfaces": [{"Attachment": {"InstanceId": "i-1"}}, {"NetworkInterfaceId": "eni-2"}],
        "NextToken": "t",
    }
    _, seen = talk(SecurityGroup.read(GROUP, ()), (described(), ruled(), users))
    assert seen.used_by() == "used by at least 2 network interfaces, of i-1"


@pytest.mark.parametrize(
    ("rule_", "ports", "reached"),
    [
        (SSH, {22}, True),
        (SSH, {3389}, False),
        (replace(SSH, from_port=0, to_port=65535), {3389}, True),
        (replace(SSH, from_port=20, to_port=21), {22}, False),
        (replace(SSH, protocol="6"), {22}, True),
        (replace(SSH, protocol="-1", from_port=-1, to_port=-1), {3389}, True),
        (replace(SSH, protocol="udp", from_port=0, to_port=65535), {22}, False),
        (replace(SSH, protocol="icmp", from_port=-1, to_port=-1), {22}, False),
    ],
)
def test_a_rule_reaches_tcp_ports(rule_: Rule, ports: set[int], reached: bool) -> None:  # noqa: FBT001 - a row of the table
    assert rule_.reaches(ports) is reached


@pytest.mark.parametrize(
    ("peer", "world"),
    [("0.0.0.0/0", True), ("::/0", True), ("0.0.0.0/1", False), ("10.0.0.0/8", False), ("sg-1", False)],
)
def test_the_world_is_every_address(peer: str, world: bool) -> None:  # noqa: FBT001 - likewise
    assert replace(SSH, peer=peer).world is world


# Flow logs


VPCS = {"Vpcs": [{"VpcId": VPC_ID, "OwnerId": REF.account}]}
NO_ROLE = refusal("NoSuchEntity")
IAM_ROLE = {"Role": {"RoleName": "ringfence-flow-logs", "RoleId": "AROA1", "Path": "/", "Arn": ROLE}}
RECORDED = Recording("ALL", S3, BUCKET)
NO_HISTORY = refusal("ResourceNotDiscoveredException")


def test_a_vpc_is_read_in_one_round_with_the_flow_logs_that_are_active() -> None:
    over = {**LOG, "FlowLogStatus": "DELETED"}
    failing = {**LOG, "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error", "Tags": []}
    rounds, seen = talk(FlowLogs.read(VPC, ()), (VPCS, {"FlowLogs": [LOG, over, failing]}, IAM_ROLE))
    assert len(rounds) == 1
    logs = {FlowLog(VPC_ID, RECORDED, INCIDENT), FlowLog(VPC_ID, RECORDED, failing="Access error")}
    assert (set(seen.logs), seen.owner, seen.role) == (logs, REF.account, ROLE)


@pytest.mark.parametrize("answer", [refusal("InvalidVpcID.NotFound"), {"Vpcs": []}])
def test_a_vpc_that_is_not_there_is_gone(answer: Any) -> None:  # noqa: ANN401 - an answer
    with pytest.raises(NotFound):
        talk(FlowLogs.read(VPC, ()), (answer, {"FlowLogs": []}, NO_ROLE))


@pytest.mark.parametrize("found", [NO_ROLE, {"Role": {**IAM_ROLE["Role"], "Arn": f"{ROLE}/of-another"}}])
def test_no_role_but_the_one_that_may_be_passed_on_is_offered(found: Any) -> None:  # noqa: ANN401 - an answer
    _, seen = talk(FlowLogs.read(VPC, ()), (VPCS, {"FlowLogs": []}, found))
    assert seen.role == ""


@pytest.mark.parametrize(
    ("recorded", "wanted", "covered"),
    [
        (("ALL",), "REJECT", True),
        (("REJECT",), "REJECT", True),
        (("REJECT",), "ALL", False),
        (("REJECT", "ACCEPT"), "ALL", True),
        ((), "REJECT", False),
    ],
)
def test_traffic_is_covered_by_all_of_it_or_by_both_halves(
    recorded: tuple[str, ...],
    wanted: str,
    covered: bool,  # noqa: FBT001 - a row of the table
) -> None:
    logs = tuple(FlowLog(VPC_ID, replace(RECORDED, traffic=one)) for one in recorded)
    assert FlowLogs(VPC_ID, REF.account, logs).covers(wanted) is covered


def test_a_log_group_is_known_by_its_arn_or_by_its_name() -> None:
    named = Document(
        {"TrafficType": "ALL", "LogGroupName": "/vpc/flow-logs", "DeliverLogsPermissionArn": ROLE}
    )
    written = Document({**named.value, "LogGroupName": None, "LogDestination": f"{LOG_GROUP}:*"})
    expected = Recording("ALL", LOGS, LOG_GROUP, ROLE)
    assert recording_in(named, REF) == recording_in(written, REF) == expected


# Deleted flow logs


def deleted(*rounds: Any) -> tuple[int, FlowLogs]:  # noqa: ANN401 - answers
    asked, seen = talk(FlowLogs.read(FLOW_LOG, ()), ({"FlowLogs": []}, NO_ROLE), *rounds)
    return len(asked), seen


def test_what_a_deleted_flow_log_recorded_stands_in_configs_history() -> None:
    gone = {**ITEM, "configurationItemStatus": "ResourceDeleted", "configuration": "null"}
    history = {"configurationItems": [gone, ITEM]}
    _, seen = deleted((history, {"Events": []}), (VPCS,))
    assert (seen.vpc_id, seen.deleted) == (VPC_ID, Deleted(VPC_ID, RECORDED))


def test_or_in_cloudtrails_record_of_its_making() -> None:
    _, seen = deleted((NO_HISTORY, {"Events": [MADE]}), (VPCS,))
    assert seen.deleted == Deleted(VPC_ID, replace(RECORDED, interval=60))


def test_cloudtrail_is_read_page_after_page_but_not_for_ever() -> None:
    page = {"Events": [], "NextToken": "t"}
    rounds, seen = deleted((NO_HISTORY, page), *[(page,)] * (PAGES - 1))
    assert (rounds, seen.deleted) == (1 + PAGES, None)


def test_where_neither_may_be_read_nothing_is_known() -> None:
    _, seen = deleted((refusal("AccessDeniedException"), refusal("AccessDeniedException")))
    assert seen.deleted is None


def test_a_flow_log_that_is_still_there_needs_no_more_looking() -> None:
    there = {"FlowLogs": [{**LOG, "FlowLogId": FLOW_LOG_ID}]}
    rounds, seen = talk(FlowLogs.read(FLOW_LOG, ()), (there, NO_ROLE))
    assert (len(rounds), seen.exists) == (1, True)


def test_the_log_of_the_incident_remembers_what_cloudtrail_forgets() -> None:
    made = CreateFlowLog(VPC_ID, RECORDED, INCIDENT, before=False, after=True)
    rounds, seen = talk(FlowLogs.read(FLOW_LOG, (made,)), ({"FlowLogs": []}, NO_ROLE), (VPCS,))
    assert (len(rounds), seen.deleted) == (2, Deleted(VPC_ID, RECORDED))


def test_the_vpc_of_a_deleted_flow_log_may_be_gone_as_well() -> None:
    with pytest.raises(NotFound):
        deleted((NO_HISTORY, {"Events": [MADE]}), ({"Vpcs": []},))


def test_of_flow_logs_that_were_made_at_once_nobody_knows_which_was_whose() -> None:
    record = json.loads(json.dumps(RECORD))
    both = [{"tag": 1, "content": VPC_ID}, {"tag": 2, "content": "vpc-0fedcba9876543210"}]
    record["requestParameters"]["CreateFlowLogsRequest"]["ResourceId"] = both
    answer = record["responseElements"]["CreateFlowLogsResponse"]
    answer["flowLogIdSet"] = {"item": ["fl-00000000000000001", FLOW_LOG_ID]}
    _, seen = deleted((NO_HISTORY, {"Events": [{**MADE, "CloudTrailEvent": json.dumps(record)}]}))
    assert seen.deleted
    assert seen.deleted.resource == f"{VPC_ID}, vpc-0fedcba9876543210"
    assert seen.vpc_id == ""


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"responseElements": "odd"}', '{"responseElements": null, "requestParameters": 1}'],
)
def test_a_record_that_is_odd_says_nothing(text: str) -> None:
    assert in_trail(Document({"Events": [{"CloudTrailEvent": text}]}), FLOW_LOG) is None


def test_records_of_aws_itself_are_read() -> None:
    lines = shared_file("events/replay/cloudtrail_noise.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line)["detail"] for line in lines]
    made = [one for one in records if one["eventName"] == "CreateFlowLogs"]
    assert made
    for record in made:
        id_ = record["responseElements"]["CreateFlowLogsResponse"]["flowLogIdSet"]["item"]
        ref = type(FLOW_LOG)(record["recipientAccountId"], record["awsRegion"], id_)
        found = in_trail(Document({"Events": [{"CloudTrailEvent": json.dumps(record)}]}), ref)
        request = record["requestParameters"]["CreateFlowLogsRequest"]
        assert found
        assert found.resource == request["ResourceId"]["content"]
        assert found.recording == Recording(
            request["TrafficType"], LOGS, request["LogDestination"], request["DeliverLogsPermissionArn"]
        )
