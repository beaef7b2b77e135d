"""Whom the service control policy lets change Ringfence, by the local evaluator; AWS itself is not asked."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stacks.service_control_policy import LIMIT, service_control_policy, text
from tests.support.policy_evaluator import is_denied

if TYPE_CHECKING:
    from tests.support.synthesis import Template

ACCOUNT, REGION = "111122223333", "eu-west-1"
SCP = service_control_policy()
FILE = Path(__file__).resolve().parents[3] / "docs" / "scp.json"


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


ADMIN, EXECUTOR, DEPLOYER, EMERGENCY = (
    role(name)
    for name in (
        "Admin",
        f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}",
        f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}",
        "break-glass",
    )
)
CONTAINING, ARCHIVING = role("ringfence-contain-instance-function"), role("ringfence-archive-function")
REVIEWING = role("ringfence-harden-identity-review-schedule")
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ringfence-contain-instance"
REVIEW = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ringfence-harden-identity-review"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:ringfence-contain-instance"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/Ringfence-Response-ContainInstanceRule1-ABC"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/Ringfence-Audit-AuditTableStore-ABC"
BUCKET = "arn:aws:s3:::ringfence-audit-archive9c72-abc"
SCANS_BUCKET = "arn:aws:s3:::ringfence-scans-results9c72-abc"
NETWORK_BUCKET = "arn:aws:s3:::ringfence-network-results9c72-abc"
MAPPING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:7f1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/7f1"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Ringfence-Response/7f1"
OF_OURS = {"lambda:FunctionArn": FUNCTION}
OUR_KEY = {"kms:ResourceAliases": ["alias/ringfence-audit"]}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:Ringfence-Audit-Notices-ABC"
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ringfence-forged"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:Ringfence-Audit-Logs-ABC"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"

CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("lambda:UpdateFunctionCode", FUNCTION, {}),
    ("lambda:UpdateFunctionConfiguration", FUNCTION, {}),
    ("lambda:PutFunctionConcurrency", FUNCTION, {}),
    ("lambda:AddPermission", FUNCTION, {}),
    ("lambda:PutResourcePolicy", FUNCTION, {}),
    ("lambda:DeleteFunction", FUNCTION, {}),
    ("lambda:CreateFunction", FUNCTION, {}),
    ("lambda:UpdateEventSourceMapping", MAPPING, OF_OURS),
    ("lambda:CreateEventSourceMapping", "*", OF_OURS),
    ("events:PutTargets", RULE, {}),
    ("events:PutRule", RULE, {}),
    ("events:DisableRule", RULE, {}),
    ("events:RemoveTargets", RULE, {}),
    *(
        (f"scheduler:{one}Schedule", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/ringfence-x", {})
        for one in ("Create", "Delete", "Update")
    ),
    ("sqs:SetQueueAttributes", QUEUE, {}),
    ("sqs:PurgeQueue", QUEUE, {}),
    ("sqs:AddPermission", QUEUE, {}),
    ("iam:PutRolePolicy", CONTAINING, {}),
    ("iam:UpdateAssumeRolePolicy", role("ringfence-contain-instance"), {}),
    ("iam:CreateRole", role("ringfence-made-up-function"), {}),
    ("iam:AttachRolePolicy", EMERGENCY, {}),
    ("iam:UpdateAssumeRolePolicy", EXECUTOR, {}),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/ringfence-operator", {}),
    ("dynamodb:DeleteTable", TABLE, {}),
    ("dynamodb:PutResourcePolicy", TABLE, {}),
    ("dynamodb:UpdateTable", TABLE, {}),
    ("s3:PutBucketPolicy", BUCKET, {}),
    ("s3:PutLifecycleConfiguration", BUCKET, {}),
    ("s3:DeleteBucketPolicy", BUCKET, {}),
    ("kms:ScheduleKeyDeletion", KEY, OUR_KEY),
    ("kms:DisableKey", KEY, OUR_KEY),
    ("kms:PutKeyPolicy", KEY, OUR_KEY),
    ("kms:DeleteAlias", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/ringfence-record", {}),
    ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ringfence-forged", {}),
    ("sns:SetTopicAttributes", f"arn:aws:sns:{REGION}:{ACCOUNT}:Ringfence-Audit-Notices-ABC", {}),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:Ringfence-Audit-Logs-ABC", {}),
    ("cloudformation:CreateStack", STACK, {}),
    ("cloudformation:UpdateStack", STACK, {}),
    ("cloudformation:DeleteStack", STACK, {}),
    ("cloudformation:RollbackStack", STACK, {}),
    ("cloudformation:ContinueUpdateRollback", STACK, {}),
    ("cloudformation:CancelUpdateStack", STACK, {}),
    ("cloudformation:CreateStackRefactor", STACK, {}),
    ("cloudformation:ExecuteStackRefactor", STACK, {}),
    ("sns:SetSubscriptionAttributes", TOPIC, {}),
    ("sns:Unsubscribe", TOPIC, {}),
    ("sns:PutDataProtectionPolicy", TOPIC, {}),
    ("cloudwatch:PutAlarmMuteRule", ALARM, {}),
    ("cloudwatch:PutCompositeAlarm", ALARM, {}),
    ("cloudwatch:SetAlarmState", ALARM, {}),
    ("cloudwatch:DisableAlarmActions", ALARM, {}),
    ("events:PutPermission", "*", {}),
    ("events:RemovePermission", "*", {}),
    ("events:UpdateEventBus", BUS, {}),
    ("kms:CreateGrant", KEY, OUR_KEY),
    ("kms:RevokeGrant", KEY, OUR_KEY),
    ("kms:RetireGrant", KEY, OUR_KEY),
    ("logs:AssociateKmsKey", GROUP, {}),
    ("logs:DisassociateKmsKey", GROUP, {}),
    ("logs:PutDataProtectionPolicy", GROUP, {}),
    ("logs:PutTransformer", GROUP, {}),
]


@pytest.mark.parametrize(("action", "resource", "keys"), CHANGES)
def test_an_administrator_does_not_change_ringfence(action: str, resource: str, keys: dict[str, Any]) -> None:
    for who in (ADMIN, CONTAINING, REVIEWING, role("ringfence-contain-instance")):
        assert is_denied(SCP, who, action, resource, keys)


@pytest.mark.parametrize(("action", "resource", "keys"), CHANGES)
def test_a_deployment_and_the_role_for_emergencies_do(
    action: str, resource: str, keys: dict[str, Any]
) -> None:
    for who in (EXECUTOR, EMERGENCY):
        assert not is_denied(SCP, who, action, resource, keys)


@pytest.mark.parametrize(
    ("who", "action", "resource", "denied"),
    [
        (ADMIN, "lambda:InvokeFunction", FUNCTION, True),
        (ADMIN, "lambda:InvokeFunction", f"{FUNCTION}:provisioned", True),
        (ADMIN, "lambda:InvokeAsync", FUNCTION, True),
        (EXECUTOR, "lambda:InvokeFunction", FUNCTION, True),
        (REVIEWING, "lambda:InvokeFunction", REVIEW, False),
        (EMERGENCY, "lambda:InvokeFunction", FUNCTION, False),
        (ADMIN, "dynamodb:PutItem", TABLE, True),
        (EXECUTOR, "dynamodb:PutItem", TABLE, True),
        (CONTAINING, "dynamodb:PutItem", TABLE, False),
        (role("mallory-function"), "dynamodb:DeleteItem", TABLE, True),
        (ADMIN, "dynamodb:Query", TABLE, False),
        (ADMIN, "s3:PutObject", f"{BUCKET}/chains/x", True),
        (ADMIN, "s3:DeleteObjectVersion", f"{BUCKET}/chains/x", True),
        (ADMIN, "s3:BypassGovernanceRetention", f"{BUCKET}/chains/x", True),
        (ARCHIVING, "s3:PutObject", f"{BUCKET}/chains/x", False),
        (ADMIN, "s3:DeleteObjectVersion", f"{SCANS_BUCKET}/summaries/x", True),
        (ADMIN, "s3:PutBucketPolicy", SCANS_BUCKET, True),
        (ADMIN, "s3:PutObject", f"{NETWORK_BUCKET}/x.csv", True),
        (ADMIN, "s3:PutLifecycleConfiguration", NETWORK_BUCKET, True),
        (role("ringfence-network-function"), "s3:PutObject", f"{NETWORK_BUCKET}/x.csv", False),
        *((ADMIN, f"dynamodb:{one}", TABLE, True) for one in ("BatchWriteItem", "UpdateItem", "DeleteItem")),
        (ADMIN, "dynamodb:GetItem", TABLE, False),
        (ADMIN, "dynamodb:BatchGetItem", TABLE, False),
        (role("ringfence-scans-function"), "s3:PutObject", f"{SCANS_BUCKET}/summaries/x", False),
        (ADMIN, "iam:PassRole", EXECUTOR, True),
        (ADMIN, "iam:PassRole", CONTAINING, True),
        (ADMIN, "iam:PassRole", role("ringfence-beat"), True),
        (ADMIN, "iam:PassRole", role("shop"), False),
        (EXECUTOR, "iam:PassRole", CONTAINING, False),
        (role("ringfence-notify-function"), "iam:PassRole", role("ringfence-approvals-schedule"), False),
        (DEPLOYER, "iam:PassRole", EXECUTOR, False),
        (DEPLOYER, "cloudformation:UpdateStack", STACK, False),
        (DEPLOYER, "cloudformation:ExecuteChangeSet", STACK, False),
        (ADMIN, "cloudformation:DescribeStacks", STACK, False),
    ],
)
def test_who_may_do_what(who: str, action: str, resource: str, denied: bool) -> None:  # noqa: FBT001 - a table
    assert is_denied(SCP, who, action, resource) is denied


@pytest.mark.parametrize(
    ("action", "resource", "keys"),
    [
        ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop", {}),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop", {}),
        (
            "lambda:UpdateEventSourceMapping",
            MAPPING,
            {"lambda:FunctionArn": FUNCTION.replace("ringfence", "shop")},
        ),
        ("sqs:PurgeQueue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:shop", {}),
        ("iam:PutRolePolicy", role("shop"), {}),
        ("kms:ScheduleKeyDeletion", KEY, {"kms:ResourceAliases": ["alias/shop"]}),
        ("kms:ScheduleKeyDeletion", KEY, {}),
        ("s3:PutBucketPolicy", "arn:aws:s3:::shop", {}),
        ("s3:PutBucketPolicy", "arn:aws:s3:::ringfence-model-data", {}),
        ("s3:PutObject", "arn:aws:s3:::ringfence-model-data/x", {}),
        ("scheduler:UpdateSchedule", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/shop", {}),
        ("cloudformation:DeleteStack", STACK.replace("Ringfence-Response", "shop"), {}),
    ],
)
def test_what_is_not_ringfences_is_left_alone(action: str, resource: str, keys: dict[str, Any]) -> None:
    assert not is_denied(SCP, ADMIN, action, resource, keys)


API = "a1b2c3d4e5"
OF_THE_API = f"arn:aws:apigateway:{REGION}::/apis/{API}"


@pytest.mark.parametrize("path", ["", "/routes/r1", "/integrations/i1", "/stages/$default", "/authorizers"])
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_nobody_but_a_deployment_changes_the_operators_api_that_the_policy_names(
    method: str, path: str
) -> None:
    policy, action, resource = (
        service_control_policy(apis=(API,)),
        f"apigateway:{method}",
        f"{OF_THE_API}{path}",
    )
    assert is_denied(policy, ADMIN, action, resource)
    assert not is_denied(policy, EXECUTOR, action, resource)
    assert not is_denied(policy, ADMIN, action, resource.replace(API, "z9y8x7w6v5"))
    assert not is_denied(policy, ADMIN, "apigateway:GET", resource)
    assert not is_denied(SCP, ADMIN, action, resource)
    assert len(text(policy).replace("\n", "")) <= LIMIT


ASSUME, OPERATING = role("ringfence-contain-instance"), role("ringfence-operate-function")


@pytest.mark.parametrize(
    ("who", "source", "denied"),
    [
        (OPERATING, FUNCTION.replace("ringfence-contain-instance", "evil"), True),
        (OPERATING, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:evil", True),
        (OPERATING, FUNCTION.replace("contain-instance", "operate"), False),
        (OPERATING, None, False),
        (role("shop"), FUNCTION.replace("ringfence-contain-instance", "shop"), False),
    ],
)
def test_the_role_of_a_function_may_do_nothing_in_the_function_of_others(
    who: str,
    source: str | None,
    denied: bool,  # noqa: FBT001 - a table
) -> None:
    keys = {"lambda:SourceFunctionArn": source} if source else {}
    assert is_denied(SCP, who, "sts:AssumeRole", ASSUME, keys) is denied
    assert is_denied(SCP, who, "kms:GenerateMac", KEY, keys) is denied


BEAT, FORGED = {"events:source": ["ringfence.heartbeat"]}, {"cloudwatch:namespace": "Ringfence"}


@pytest.mark.parametrize(
    ("who", "action", "resource", "keys", "denied"),
    [
        (ADMIN, "events:PutEvents", BUS, BEAT, True),
        (role("ringfence-beat"), "events:PutEvents", BUS, BEAT, False),
        (role("ringfence-home-beat"), "events:PutEvents", BUS, BEAT, False),
        (role("ringfence-forward"), "events:PutEvents", BUS, BEAT, False),
        (role("ringfence-doctor"), "events:PutEvents", BUS, BEAT, False),
        (ADMIN, "events:PutEvents", BUS, {"events:source": ["shop"]}, False),
        (ADMIN, "cloudwatch:PutMetricData", "*", FORGED, True),
        (EXECUTOR, "cloudwatch:PutMetricData", "*", FORGED, True),
        (ADMIN, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Shop"}, False),
    ],
)
def test_nobody_sends_heartbeats_or_metrics_in_the_name_of_ringfence(
    who: str,
    action: str,
    resource: str,
    keys: dict[str, Any],
    denied: bool,  # noqa: FBT001 - a table
) -> None:
    assert is_denied(SCP, who, action, resource, keys) is denied


def test_the_home_account_can_be_chosen() -> None:
    chosen = service_control_policy(home=ACCOUNT)
    assert is_denied(chosen, ADMIN, "events:RemovePermission", "*")
    assert not is_denied(chosen, ADMIN.replace(ACCOUNT, "999900001111"), "events:RemovePermission", "*")


def test_the_roles_can_be_chosen() -> None:
    chosen = service_control_policy(break_glass=role("emergency"), executor=role("deploys"))
    assert not is_denied(chosen, role("emergency"), "sqs:PurgeQueue", QUEUE)
    assert not is_denied(chosen, role("deploys"), "sqs:SetQueueAttributes", QUEUE)
    assert is_denied(chosen, EMERGENCY, "sqs:PurgeQueue", QUEUE)
    assert is_denied(chosen, EXECUTOR, "sqs:SetQueueAttributes", QUEUE)


def test_the_file_is_the_policy_and_as_long_as_a_policy_may_be() -> None:
    assert FILE.read_text("utf-8") == text(SCP)
    assert json.loads(text(SCP)) == SCP
    assert len(text(SCP)) <= LIMIT
    whole = service_control_policy(home=ACCOUNT, apis=(API, "z9y8x7w6v5"))
    assert len(text(whole).replace("\n", "")) <= LIMIT, "with both APIs and the home account"


NAMED = {
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}"),
    "AWS::IAM::Role": ("RoleName", f"arn:aws:iam::{ACCOUNT}:role/{{}}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", f"arn:aws:iam::{ACCOUNT}:policy/{{}}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}"),
    "AWS::Scheduler::Schedule": ("Name", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{{}}"),
    "AWS::KMS::Alias": ("AliasName", f"arn:aws:kms:{REGION}:{ACCOUNT}:{{}}"),
}
BY_STACK = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
}
"""CloudFormation names these after their stack, so their names begin with `Ringfence-`."""


def covered() -> list[str]:
    statements: Any = SCP["Statement"]
    (change,) = [one for one in statements if one["Sid"] == "Change"]
    return list(change["Resource"])


def test_every_resource_of_the_stacks_has_a_name_that_the_policy_covers(
    templates: dict[str, Template],
) -> None:
    patterns, seen = covered(), set()
    for template in templates.values():
        for kind, (field, form) in NAMED.items():
            for one in template.all(kind).values():
                arn = form.format(one["Properties"][field])
                assert any(fnmatchcase(arn, pattern) for pattern in patterns), arn
                seen.add(kind)
        for kind, field in BY_STACK.items():
            for id_, one in template.all(kind).items():
                assert field not in one["Properties"], f"{kind} {id_}"
                seen.add(kind)
    assert seen == NAMED.keys() | BY_STACK.keys()
