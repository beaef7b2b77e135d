"""What is read from a recorded call: what it was made on, by whom, and when it is none for us."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.envelope import NotForUs
from ringfence.local.samples.calls import by_user, call_event
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.guardduty import ACCOUNT, ADMINISTRATOR, INSTANCE, REGION, changed, without
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.resource_names import acting_roles
from ringfence.model.subject import GLOBAL
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from tests.support.parsing import parse

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

Json = dict[str, Any]

GROUP_ID, FLOW_LOG, DETECTOR = (
    "sg-0a1b2c3d4e5f60718",
    "fl-0a1b2c3d4e5f60718",
    "12abc34d567e8fa901bc2d34e56789f0",
)
KEY_ID, TRAIL_ARN = (
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all",
)
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}"
GROUP, BUCKET = SecurityGroupRef(ACCOUNT, REGION, GROUP_ID), BucketRef(ACCOUNT, REGION, "reports")
TRAIL, HOME_TRAIL = TrailRef(ACCOUNT, REGION, "all"), TrailRef(ACCOUNT, "us-east-1", "all")
RECORDER = RecorderRef(ACCOUNT, REGION, "default")
RULES = {"items": [{"groupOwnerId": ACCOUNT, "groupId": GROUP_ID, "securityGroupRuleId": "sgr-0a1"}] * 2}
OPEN = {
    "items": [
        {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
    ]
}
PUT = call_event(
    "s3", "PutBucketPolicy", {"bucketName": "reports", "Host": "reports.s3.amazonaws.com", "policy": ""}
)
CALLS: tuple[tuple[str, str, Json | None, Json | None, tuple[Ref, ...]], ...] = (
    ("s3", "PutBucketPolicy", {"bucketName": "reports", "policy": ""}, None, (BUCKET,)),
    ("s3", "PutBucketAcl", {"bucketName": "reports", "x-amz-acl": ["public-read"]}, None, (BUCKET,)),
    ("s3", "DeleteBucketPublicAccessBlock", {"bucketName": "reports"}, None, (BUCKET,)),
    ("s3", "CreateBucket", {"bucketName": "reports", "x-amz-acl": "public-read"}, None, (BUCKET,)),
    ("ec2", "AuthorizeSecurityGroupIngress", {"groupId": GROUP_ID, "ipPermissions": OPEN}, None, (GROUP,)),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {"groupName": "default", "ipPermissions": OPEN},
        {"_return": True, "securityGroupRuleSet": RULES},
        (GROUP,),
    ),
    ("ec2", "AuthorizeSecurityGroupEgress", {"groupId": GROUP_ID}, {"_return": True}, (GROUP,)),
    ("ec2", "RevokeSecurityGroupIngress", {"groupId": GROUP_ID}, None, (GROUP,)),
    ("ec2", "RevokeSecurityGroupEgress", {"groupId": GROUP_ID}, None, (GROUP,)),
    ("ec2", "CreateSecurityGroup", {"groupName": "g"}, {"groupId": GROUP_ID}, (GROUP,)),
    (
        "ec2",
        "ModifySecurityGroupRules",
        {"ModifySecurityGroupRulesRequest": {"GroupId": GROUP_ID, "SecurityGroupRule": {"tag": 1}}},
        {"ModifySecurityGroupRulesResponse": {"return": True}},
        (GROUP,),
    ),
    (
        "ec2",
        "DeleteFlowLogs",
        {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": FLOW_LOG}}},
        {"DeleteFlowLogsResponse": {"unsuccessful": ""}},
        (FlowLogRef(ACCOUNT, REGION, FLOW_LOG),),
    ),
    (
        "ec2",
        "DeleteFlowLogs",
        {
            "DeleteFlowLogsRequest": {
                "FlowLogId": [{"tag": 1, "content": FLOW_LOG}, {"tag": 2, "content": "fl-0a1b2c3d"}]
            }
        },
        None,
        (FlowLogRef(ACCOUNT, REGION, FLOW_LOG), FlowLogRef(ACCOUNT, REGION, "fl-0a1b2c3d")),
    ),
    (
        "ec2",
        "CreateVpc",
        {"cidrBlock": "10.0.0.0/16"},
        {"vpc": {"vpcId": "vpc-0a1b2c3d"}},
        (VpcRef(ACCOUNT, REGION, "vpc-0a1b2c3d"),),
    ),
    (
        "ec2",
        "RunInstances",
        {"instancesSet": {"items": [{"imageId": "ami-1", "minCount": 2, "maxCount": 2}]}},
        {"instancesSet": {"items": [{"instanceId": INSTANCE}, {"instanceId": "i-0a1b2c3d"}]}},
        (InstanceRef(ACCOUNT, REGION, INSTANCE), InstanceRef(ACCOUNT, REGION, "i-0a1b2c3d")),
    ),
    (
        "ec2",
        "ModifyInstanceMetadataOptions",
        {"ModifyInstanceMetadataOptionsRequest": {"InstanceId": INSTANCE, "HttpTokens": "optional"}},
        None,
        (InstanceRef(ACCOUNT, REGION, INSTANCE),),
    ),
    ("cloudtrail", "StopLogging", {"name": "all"}, None, (TRAIL,)),
    ("cloudtrail", "StopLogging", {"name": TRAIL_ARN}, None, (HOME_TRAIL,)),
    ("cloudtrail", "StartLogging", {"name": "all"}, None, (TRAIL,)),
    ("cloudtrail", "DeleteTrail", {"name": "all"}, None, (TRAIL,)),
    ("cloudtrail", "UpdateTrail", {"name": "all"}, {"name": "all", "trailARN": TRAIL_ARN}, (HOME_TRAIL,)),
    (
        "cloudtrail",
        "PutEventSelectors",
        {"trailName": "all", "eventSelectors": []},
        {"trailARN": TRAIL_ARN},
        (HOME_TRAIL,),
    ),
    ("cloudtrail", "PutInsightSelectors", {"trailName": "all"}, {"trailARN": TRAIL_ARN}, (HOME_TRAIL,)),
    ("config", "StopConfigurationRecorder", {"configurationRecorderName": "default"}, None, (RECORDER,)),
    ("config", "StartConfigurationRecorder", {"configurationRecorderName": "default"}, None, (RECORDER,)),
    ("config", "DeleteConfigurationRecorder", {"configurationRecorderName": "default"}, None, (RECORDER,)),
    (
        "config",
        "PutConfigurationRecorder",
        {"configurationRecorder": {"name": "default", "roleARN": "r"}},
        None,
        (RECORDER,),
    ),
    ("config", "PutConfigurationRecorder", {"configurationRecorder": {"roleARN": "r"}}, None, (RECORDER,)),
    (
        "guardduty",
        "DeleteDetector",
        {"detectorId": DETECTOR},
        None,
        (DetectorRef(ACCOUNT, REGION, DETECTOR),),
    ),
    (
        "guardduty",
        "UpdateDetector",
        {"detectorId": DETECTOR, "enable": False},
        None,
        (DetectorRef(ACCOUNT, REGION, DETECTOR),),
    ),
    ("kms", "DisableKey", {"keyId": KEY_ID}, None, (KeyRef(ACCOUNT, REGION, KEY_ID),)),
    (
        "kms",
        "ScheduleKeyDeletion",
        {"keyId": KEY_ARN, "pendingWindowInDays": 7},
        {"keyId": KEY_ARN},
        (KeyRef(ACCOUNT, REGION, KEY_ID),),
    ),
    (
        "iam",
        "UpdateAccountPasswordPolicy",
        {"minimumPasswordLength": 6},
        None,
        (AccountRef(ACCOUNT, GLOBAL, ACCOUNT),),
    ),
    ("iam", "DeleteAccountPasswordPolicy", None, None, (AccountRef(ACCOUNT, GLOBAL, ACCOUNT),)),
)


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def test_a_call_is_read_whole() -> None:
    finding = found(PUT)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    who = f"arn:aws:iam::{ACCOUNT}:user/sample-admin"
    assert (finding.source, finding.type) == ("aws.s3", "CloudTrail:s3:PutBucketPolicy")
    assert (finding.id, finding.severity) == (PUT["detail"]["eventID"], 5.0)
    assert (finding.account, finding.region, finding.subjects) == (ACCOUNT, REGION, (BUCKET,))
    assert (finding.updated_at, finding.last_seen) == (at, at)
    assert finding.title == f"CloudTrail:s3:PutBucketPolicy on reports by {who}"
    assert (finding.suspects, finding.claim, finding.advice) == ((who,), None, "")


@pytest.mark.parametrize(("service", "name", "parameters", "response", "refs"), CALLS)
def test_what_a_call_was_made_on_is_found_where_its_records_name_it(
    service: str, name: str, parameters: Json | None, response: Json | None, refs: tuple[Ref, ...]
) -> None:
    finding = found(call_event(service, name, parameters, response))
    assert (finding.type, finding.subjects) == (f"CloudTrail:{service}:{name}", refs)


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        (by_user("eve"), f"arn:aws:iam::{ACCOUNT}:user/eve"),
        (by_role("oncall"), f"arn:aws:sts::{ACCOUNT}:assumed-role/oncall/ringfence"),
        ({"type": "AWSService", "invokedBy": "config.amazonaws.com"}, "AWSService:config.amazonaws.com"),
        ({"type": "AWSAccount", "principalId": "AIDA4", "accountId": ADMINISTRATOR}, "AWSAccount:AIDA4"),
        ({"type": "Unknown", "userName": "a\x1b[2Jb"}, "Unknown:a [2Jb"),
        ({"arn": "arn:\x1b[2J"}, "arn: [2J"),
        ({}, "unknown:unknown"),
    ],
)
def test_who_did_it_is_said_in_harmless_words(identity: Json, who: str) -> None:
    assert found(changed(PUT, "detail.userIdentity", identity)).suspects == (who,)


def test_a_call_of_another_account_is_about_the_account_that_recorded_it() -> None:
    event = changed(PUT, "detail.userIdentity", by_user(account=ADMINISTRATOR))
    event["detail"]["resources"] = [
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::reports"}
    ]
    assert found(event).subjects == (BUCKET,)
    assert found(without(PUT, "detail.recipientAccountId")).account == ACCOUNT


def test_the_callers_own_record_of_a_call_on_anothers_bucket_is_not_for_us() -> None:
    event = changed(PUT, "detail.resources", [{"accountId": ADMINISTRATOR, "type": "AWS::S3::Bucket"}])
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert "another account" in verdict.reason
    unsaid = changed(PUT, "detail.resources", [{"type": "AWS::S3::Bucket"}, {"type": "AWS::S3::Object"}])
    assert found(unsaid).subjects == (BUCKET,)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (changed(PUT, "detail.errorCode", "AccessDenied"), "refused"),
        (changed(PUT, "detail.readOnly", True), "only reads"),
        (changed(PUT, "detail.readOnly", "false"), "only reads"),
        (changed(PUT, "detail.userIdentity", by_role(acting_roles()[0])), "Ringfence itself"),
        (changed(PUT, "detail.managementEvent", False), "no runbook answers"),
        (call_event("ec2", "CreateTags", None), "ec2:CreateTags"),
        (call_event("lambda", "CreateFunction20150331", None), "lambda:CreateFunction20150331"),
        (changed(PUT, "detail.eventSource", "s3-control.amazonaws.com"), "does not say which call of s3"),
        (changed(PUT, "detail.eventName", None), "does not say which call"),
        (changed(PUT, "detail.eventName", "Put\x1b[2J"), "does not say which call"),
        (changed(PUT, "source", "s3"), "AWS API Call via CloudTrail, from s3"),
    ],
)
def test_what_is_not_for_us_says_why(event: object, said: str) -> None:
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert said in verdict.reason


AUTHORIZE = call_event("ec2", "AuthorizeSecurityGroupIngress", {"groupName": "default", "groupId": GROUP_ID})


@pytest.mark.parametrize(
    ("event", "path", "value"),
    [
        (PUT, "detail.requestParameters.bucketName", None),
        (PUT, "detail.requestParameters.bucketName", "a b"),
        (PUT, "detail.requestParameters.bucketName", 7),
        (PUT, "detail.eventTime", "yesterday"),
        (PUT, "detail.eventID", "x" * 99),
        (PUT, "detail.awsRegion", "nowhere"),
        (PUT, "detail.recipientAccountId", "12"),
        (PUT, "detail.userIdentity", "root"),
        (PUT, "detail.resources", "all"),
        (PUT, "detail", None),
        (AUTHORIZE, "detail.requestParameters.groupId", None),
        (AUTHORIZE, "detail.requestParameters.groupId", "sg-x"),
    ],
)
def test_what_is_there_and_wrong_is_named(event: Json, path: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(event, path, value))
    assert caught.value.field == path


def deleted(*flow_logs: Json) -> Json:
    return {"DeleteFlowLogsRequest": {"FlowLogId": list(flow_logs)}}


ELSEWHERE, NO_TRAIL = TRAIL_ARN.replace(ACCOUNT, ADMINISTRATOR), TRAIL_ARN.replace("cloudtrail", "kms")


@pytest.mark.parametrize(
    ("service", "name", "parameters", "field"),
    [
        ("cloudtrail", "StopLogging", {"name": NO_TRAIL}, "name"),
        ("kms", "DisableKey", {"keyId": "alias/mine"}, "keyId"),
        ("guardduty", "DeleteDetector", {"detectorId": "1"}, "detectorId"),
        ("ec2", "DeleteFlowLogs", deleted({"content": "x"}), "DeleteFlowLogsRequest.FlowLogId[0].content"),
        ("ec2", "DeleteFlowLogs", deleted({"tag": 1}), "DeleteFlowLogsRequest.FlowLogId"),
        ("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": "x"}, "DeleteFlowLogsRequest.FlowLogId"),
    ],
)
def test_an_id_that_is_none_is_named_with_the_place_where_it_stands(
    service: str, name: str, parameters: Json, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        parse(call_event(service, name, parameters))
    assert caught.value.field == f"detail.requestParameters.{field}"


ORGANIZATIONS = "arn:aws:cloudtrail:us-east-1:444455556666:trail/org-trail"


@pytest.mark.parametrize(
    ("name", "parameters", "response"),
    [
        ("StopLogging", {"name": ORGANIZATIONS}, None),
        ("DeleteTrail", {"name": ORGANIZATIONS}, None),
        ("UpdateTrail", {"name": "org-trail"}, {"trailARN": ORGANIZATIONS}),
        ("PutEventSelectors", {"trailName": ORGANIZATIONS}, None),
    ],
)
def test_an_organizations_trail_that_a_delegated_administrator_changes_is_told_of_and_left_alone(
    name: str, parameters: Json, response: Json | None
) -> None:
    finding = parse(call_event("cloudtrail", name, parameters, response))
    assert isinstance(finding, Finding)
    assert finding.subjects == (TrailRef("444455556666", "us-east-1", "org-trail"),)
    policy = Policy(accounts=(ACCOUNT,), default=Mode.AUTO)
    decision = decide(policy, "restore-logging", finding, finding.subjects[0])
    assert decision.mode is Mode.NOTIFY
    assert "belongs to account 444455556666" in decision.reason


def test_a_resource_outside_the_scope_is_only_told_of_if_an_account_inside_reports_it() -> None:
    finding = parse(call_event("cloudtrail", "StopLogging", {"name": ORGANIZATIONS}))
    assert isinstance(finding, Finding)
    other = Policy(accounts=("777788889999",), default=Mode.AUTO)
    assert decide(other, "restore-logging", finding, finding.subjects[0]).mode is Mode.OFF


@pytest.mark.parametrize(
    ("unsuccessful", "left"),
    [
        ("", ["fl-0a1b2c3d4e5f60718", "fl-0b1b2c3d4e5f60718"]),
        ({"item": {"error": {"code": "x"}, "resourceId": "fl-0b1b2c3d4e5f60718"}}, ["fl-0a1b2c3d4e5f60718"]),
        ({"item": [{"resourceId": "fl-0b1b2c3d4e5f60718"}]}, ["fl-0a1b2c3d4e5f60718"]),
        ({"item": [{"resourceId": 7}]}, ["fl-0a1b2c3d4e5f60718", "fl-0b1b2c3d4e5f60718"]),
    ],
)
def test_what_a_call_failed_on_is_no_subject(unsuccessful: object, left: list[str]) -> None:
    both = [{"tag": 1, "content": "fl-0a1b2c3d4e5f60718"}, {"tag": 2, "content": "fl-0b1b2c3d4e5f60718"}]
    response = {"DeleteFlowLogsResponse": {"unsuccessful": unsuccessful}}
    finding = parse(
        call_event("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": both}}, response)
    )
    assert isinstance(finding, Finding)
    assert [ref.id for ref in finding.subjects] == left


def test_a_call_that_failed_on_everything_is_not_for_us() -> None:
    deleted = {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": FLOW_LOG}}}
    response = {"DeleteFlowLogsResponse": {"unsuccessful": {"item": {"resourceId": FLOW_LOG}}}}
    verdict = parse(call_event("ec2", "DeleteFlowLogs", deleted, response))
    assert isinstance(verdict, NotForUs)
    assert "failed on each flow log" in verdict.reason


OMITTED = {"omitted": True, "originalSize": 140000, "reason": "size exceeds limit"}


def test_a_record_whose_parameters_are_omitted_names_the_group_by_its_resources() -> None:
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{GROUP_ID}"
    listed = changed(
        changed(AUTHORIZE, "detail.requestParameters", OMITTED),
        "detail.resources",
        [{"ARN": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1"}, {"ARN": arn}, {"ARN": arn}],
    )
    finding = parse(listed)
    assert isinstance(finding, Finding)
    assert finding.subjects == (GROUP,)


def test_without_resources_the_error_says_who_changed_what_where() -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(AUTHORIZE, "detail.requestParameters", OMITTED))
    words = str(caught.value)
    assert "which security group" in words
    assert ACCOUNT in words
    assert REGION in words
    assert AUTHORIZE["detail"]["userIdentity"]["arn"] in words
