"""Flow logs of the local AWS go where they are sent, are recorded as AWS does, and need their rights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.hooks import enforcement_ec2
from ringfence.model.document import Document
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.observations.ec2.flow_log_records import in_trail, trail_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local import LocalAws


def create(ec2: Any, vpc: str, **to: str) -> Any:
    return ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", **to)


def logs_of(ec2: Any, vpc: str) -> list[dict[str, Any]]:
    found = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc]}])
    logs: list[dict[str, Any]] = found["FlowLogs"]
    return logs


@pytest.mark.parametrize("folder", ["", "/of/vpcs"])
def test_a_bucket_that_is_there_takes_flow_logs_in_any_folder(
    aws: LocalAws, ec2: Any, network: Any, unique: str, folder: str
) -> None:
    aws.client("s3").create_bucket(Bucket=unique)
    to = f"arn:aws:s3:::{unique}{folder}"
    made = create(ec2, network.vpc, LogDestinationType="s3", LogDestination=to)
    assert (len(made["FlowLogIds"]), made["Unsuccessful"]) == (1, [])
    (log,) = logs_of(ec2, network.vpc)
    assert (log["LogDestination"], log["FlowLogStatus"]) == (to, "ACTIVE")


def test_a_bucket_that_is_not_there_is_said_in_an_answer_of_success(
    ec2: Any, network: Any, unique: str
) -> None:
    made = create(ec2, network.vpc, LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{unique}")
    assert made["FlowLogIds"] == []
    assert unique in made["Unsuccessful"][0]["Error"]["Message"]


@pytest.mark.parametrize("there", [True, False])
def test_a_log_group_is_known_by_its_arn(
    aws: LocalAws, ec2: Any, network: Any, unique: str, *, there: bool
) -> None:
    if there:
        aws.client("logs").create_log_group(logGroupName=unique)
    to = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{unique}"
    role = f"arn:aws:iam::{aws.account}:role/ringfence-flow-logs"
    create(ec2, network.vpc, LogDestination=to, DeliverLogsPermissionArn=role)
    (log,) = logs_of(ec2, network.vpc)
    assert log["DeliverLogsStatus"] == ("SUCCESS" if there else "FAILED")


def test_the_same_is_not_recorded_twice(
    aws: LocalAws, ec2: Any, network: Any, unique: str, refusal: Callable[..., str]
) -> None:
    aws.client("s3").create_bucket(Bucket=unique)
    to = {"LogDestinationType": "s3", "LogDestination": f"arn:aws:s3:::{unique}"}
    create(ec2, network.vpc, **to)
    assert refusal(lambda: create(ec2, network.vpc, **to)) == "FlowLogAlreadyExists"


def test_cloudtrail_records_them_as_the_xml_that_they_were(
    aws: LocalAws, ec2: Any, network: Any, unique: str
) -> None:
    aws.client("s3").create_bucket(Bucket=unique)
    to = f"arn:aws:s3:::{unique}"
    (id_,) = create(ec2, network.vpc, LogDestinationType="s3", LogDestination=to)["FlowLogIds"]
    ec2.delete_flow_logs(FlowLogIds=[id_])
    trail = aws.client("cloudtrail")
    found = trail.lookup_events(**trail_call().parameters)
    deleted = in_trail(Document.of(found), FlowLogRef(aws.account, aws.region, id_))
    assert deleted
    assert (deleted.resource, deleted.recording.destination) == (network.vpc, to)
    attribute = {"AttributeKey": "EventName", "AttributeValue": "DeleteFlowLogs"}
    newest = trail.lookup_events(LookupAttributes=[attribute])["Events"][0]
    request = json.loads(newest["CloudTrailEvent"])["requestParameters"]
    assert request == {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": id_}}}


def test_a_changed_rule_is_recorded_under_its_requests_name(aws: LocalAws, ec2: Any, network: Any) -> None:
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=network.open, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/8"
    )["SecurityGroupRules"]
    wider = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"}
    change = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wider}
    ec2.modify_security_group_rules(GroupId=network.open, SecurityGroupRules=[change])
    attribute = {"AttributeKey": "EventName", "AttributeValue": "ModifySecurityGroupRules"}
    newest = aws.client("cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"][0]
    request = json.loads(newest["CloudTrailEvent"])["requestParameters"]
    assert request["ModifySecurityGroupRulesRequest"]["GroupId"] == network.open


def checks(**params: str) -> set[tuple[str, str]]:
    found = enforcement_ec2.checks(params, "us-east-1", "111122223333")
    return {(one.action, one.arn) for one in found}


EC2 = "arn:aws:ec2:us-east-1:111122223333"


def test_making_one_needs_the_vpc_passing_its_role_and_beginning_the_delivery() -> None:
    asked = {"Action": "CreateFlowLogs", "ResourceId.1": "vpc-1", "LogDestinationType": "s3"}
    assert checks(**asked) == {
        ("ec2:CreateFlowLogs", f"{EC2}:vpc-flow-log/*"),
        ("ec2:CreateFlowLogs", f"{EC2}:vpc/vpc-1"),
        ("logs:CreateLogDelivery", "*"),
        ("logs:DeleteLogDelivery", "*"),
    }
    role = "arn:aws:iam::111122223333:role/any"
    to_a_group = {"LogDestinationType": "cloud-watch-logs", "DeliverLogsPermissionArn": role}
    passed = checks(**{**asked, **to_a_group}) - checks(**asked)
    assert passed == {("iam:PassRole", role)}


def test_deleting_one_needs_it_and_reading_a_prefix_list_the_list() -> None:
    assert checks(Action="DeleteFlowLogs", **{"FlowLogId.1": "fl-1"}) == {
        ("ec2:DeleteFlowLogs", f"{EC2}:vpc-flow-log/fl-1")
    }
    assert checks(Action="GetManagedPrefixListEntries", PrefixListId="pl-1") == {
        ("ec2:GetManagedPrefixListEntries", f"{EC2}:prefix-list/pl-1")
    }
