"""Whoever touches Ringfence's own resources is reported at once, and the patterns agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail.trigger.own_resources import CALLS, OWN_RESOURCES, PREFIX
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.patterns import PATTERN_LIMIT, filled
from ringfence.local.samples.calls import by_user, call_event
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.guardduty import ACCOUNT, changed
from ringfence.local.samples.of_trigger import own_call
from ringfence.model.resource_names import Home, acting_roles
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from tests.support.delivery import Delivery

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

RULES = Delivery(OWN_RESOURCES)
POLICY = Policy(accounts=(ACCOUNT,), default=Mode.AUTO)
CODE = own_call("lambda", "UpdateFunctionCode")
CFN = "cloudformation.amazonaws.com"
REGION = "eu-west-1"
EXECUTES, DEPLOYS = (f"cdk-hnb659fds-{one}-role-{ACCOUNT}-{REGION}" for one in ("cfn-exec", "deploy"))
MOST_WILDCARDS = 30
"""Rules with wildcards on one bus: "Amazon EventBridge quotas"."""


def found(event: dict[str, Any]) -> Finding:
    told = findings(event)
    assert not isinstance(told, NotForUs), told
    (one,) = [one for one in told if one.type.startswith(PREFIX)]
    return one


def test_the_patterns_are_valid_and_within_the_limits() -> None:
    assert not RULES.errors()
    patterns = [json.dumps(filled(one, ACCOUNT)) for one in OWN_RESOURCES.patterns()]
    assert all(len(one) < PATTERN_LIMIT for one in patterns)
    assert sum('"wildcard"' in one for one in patterns) < MOST_WILDCARDS / 2


@pytest.mark.parametrize(("service", "name"), CALLS)
def test_a_person_is_told_of_each_call_as_urgent_with_caller_address_and_resource(
    service: str, name: str
) -> None:
    event = own_call(service, name)
    assert RULES.agrees(event)
    assert RULES.count(event) == 1
    finding = found(event)
    (ref,) = finding.subjects
    decision = decide(POLICY, "report-findings", finding, ref)
    assert (decision.mode, decision.code) == (Mode.NOTIFY, DecisionCode.URGENT)
    call = CALLS[service, name]
    resource = call.named.found(event["detail"])
    assert resource
    for said in (f"{service}:{name} on {resource}", call.effect, "203.0.113.9", finding.suspects[0]):
        assert said in decision.reason


@pytest.mark.parametrize(
    "event",
    [
        call_event("lambda", "UpdateFunctionCode20150331v2", {"functionName": "ours"}),
        call_event("lambda", "UpdateFunctionCode20150331v2", {"functionName": "our-ringfence-x"}),
        call_event("lambda", "GetFunctionConfiguration20150331v2", {"functionName": "ringfence-operate"}),
        call_event("lambda", "UpdateEventSourceMapping20150331", {}, {"functionArn": "x:function:y"}),
        call_event("events", "DisableRule", {"name": "nightly-report"}),
        call_event("events", "RemoveTargets", {"rule": "our-Ringfence-Rule"}),
        call_event("iam", "DeleteRole", {"roleName": "web"}),
        call_event("sqs", "PurgeQueue", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/1/jobs"}),
        call_event("s3", "DeleteBucketPolicy", {"bucketName": "reports"}),
        own_call("lambda", "UpdateFunctionCode", error="AccessDenied"),
        own_call("lambda", "UpdateFunctionCode", identity=by_role(acting_roles()[0])),
        changed(CODE, "detail.eventSource", "events.amazonaws.com"),
        changed(CODE, "detail-type", "AWS Console Action via CloudTrail"),
        changed(CODE, "detail.requestParameters", None),
    ],
)  # fmt: skip
def test_what_concerns_no_resource_of_ringfence_is_neither_delivered_nor_reported(
    event: dict[str, Any],
) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@pytest.mark.parametrize("bucket", ["ringfence-audit-archive9c72-abc", "ringfence-scans-results9c72-abc"])
def test_the_archive_and_the_results_of_scans_are_own_buckets(bucket: str) -> None:
    event = call_event("s3", "DeleteBucketPolicy", {"bucketName": bucket})
    assert RULES.count(event) == 1
    assert found(event).type == "OwnResource:s3:DeleteBucketPolicy"


FORMS = [
    "ringfence-operate",
    "arn:aws:lambda:eu-west-1:111122223333:function:ringfence-operate",
    "111122223333:function:ringfence-operate",
    "arn:aws:lambda:eu-west-1:111122223333:function:ringfence-operate:provisioned",
]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("date", ["20150331", "20150331v2", "20171031", "20991231v9"])
def test_a_function_is_recognized_in_whatever_form_and_version_the_call_names_it(
    name: str, date: str
) -> None:
    event = call_event("lambda", f"PutFunctionConcurrency{date}", {"functionName": name})
    assert RULES.count(event) == 1
    assert found(event).type == "OwnResource:lambda:PutFunctionConcurrency"


OPERATOR = f"arn:aws:iam::{ACCOUNT}:policy/ringfence-operator"
ATTACHMENTS = {
    "to a user": call_event("iam", "AttachUserPolicy", {"userName": "kim", "policyArn": OPERATOR}),
    "to a group": call_event("iam", "AttachGroupPolicy", {"groupName": "ops", "policyArn": OPERATOR}),
    "to a role": call_event("iam", "AttachRolePolicy", {"roleName": "ops", "policyArn": OPERATOR}),
}


@pytest.mark.parametrize("event", ATTACHMENTS.values(), ids=ATTACHMENTS)
def test_who_gets_a_policy_of_ringfence_is_told_as_urgent(event: dict[str, Any]) -> None:
    assert RULES.agrees(event)
    finding = found(event)
    assert finding.urgent
    assert OPERATOR in finding.title
    other = changed(event, "detail.requestParameters.policyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert RULES.count(other) == 0
    assert RULES.answered(other) is False


def test_another_policy_on_a_role_of_ringfence_is_told_as_well() -> None:
    named = {"roleName": "ringfence-operate-function", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    event = call_event("iam", "AttachRolePolicy", named)
    assert RULES.agrees(event)
    assert "ringfence-operate-function" in found(event).title


ROLE = f"arn:aws:iam::{ACCOUNT}:role/ringfence-operate-function"
RULE_OF_ALARM = {"name": "m", "muteTargets": {"alarmNames": ["shop", "ringfence-forged"]}}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:Ringfence-Audit-NoticesABC"
REFACTORED = {"stackDefinitions": [{"stackName": "shop"}, {"stackName": "Ringfence-Response"}]}
UNSEEN = {
    "a new function with a role of ours": call_event(
        "lambda", "CreateFunction20150331", {"functionName": "evil", "role": ROLE}
    ),
    "another function with a role of ours": call_event(
        "lambda", "UpdateFunctionConfiguration20150331v2", {"functionName": "shop", "role": ROLE}
    ),
    "the role in another case": call_event(
        "lambda", "CreateFunction20150331", {"functionName": "evil", "role": ROLE.replace("ring", "RING")}
    ),
    "a name of IAM in another case": call_event(
        "iam", "UpdateAssumeRolePolicy", {"roleName": "RingFence-doctor"}
    ),
    "a policy in another case": call_event(
        "iam",
        "AttachUserPolicy",
        {"userName": "kim", "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/RingFence-operator"},
    ),
    "a filter": call_event(
        "sns",
        "SetSubscriptionAttributes",
        {"subscriptionArn": f"{TOPIC}:7f1", "attributeName": "FilterPolicy", "attributeValue": "{}"},
    ),
    "data protection of the notices": call_event("sns", "PutDataProtectionPolicy", {"resourceArn": TOPIC}),
    "a muted alarm": call_event("monitoring", "PutAlarmMuteRule", RULE_OF_ALARM),
    "a composite alarm": call_event("monitoring", "PutCompositeAlarm", {"alarmName": "ringfence-forged"}),
    "no permissions": call_event("events", "RemovePermission", {"removeAllPermissions": True}),
    "another policy of the bus": call_event(
        "events", "PutPermission", {"policy": "{}", "eventBusName": "default"}
    ),
    "another policy of the bus without its name": call_event("events", "PutPermission", {"policy": " {}"}),
    "another key of the bus": call_event("events", "UpdateEventBus", {"name": "default"}),
    "another key of a log": call_event("logs", "AssociateKmsKey", {"logGroupName": "Ringfence-X"}),
    "another key of a log by its ARN": call_event(
        "logs", "AssociateKmsKey", {"resourceIdentifier": f"arn:aws:logs:x:{ACCOUNT}:log-group:Ringfence-X"}
    ),
    "data protection of a log": call_event(
        "logs", "PutDataProtectionPolicy", {"logGroupIdentifier": "Ringfence-X"}
    ),
    "no filter before an alarm": call_event(
        "logs",
        "DeleteMetricFilter",
        {"logGroupName": "/trails/all", "filterName": "ringfence-detection-root-use"},
    ),
    "another filter before an alarm": call_event(
        "logs",
        "PutMetricFilter",
        {"logGroupName": "/trails/all", "filterName": "ringfence-detection-root-use", "filterPattern": "x"},
    ),
    "a copy of what the functions log": call_event(
        "logs", "PutSubscriptionFilter", {"logGroupName": "Ringfence-X", "filterName": "copy"}
    ),
    "a rollback": call_event("cloudformation", "RollbackStack", {"stackName": "Ringfence-Response"}),
    "resources that move to another stack": call_event("cloudformation", "CreateStackRefactor", REFACTORED),
}


@pytest.mark.parametrize("event", UNSEEN.values(), ids=UNSEEN)
def test_no_way_around_a_name_is_unseen(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 1
    assert found(event).urgent


OTHERS = {
    "a role of another account": changed(
        UNSEEN["a new function with a role of ours"],
        "detail.requestParameters.role",
        ROLE.replace(ACCOUNT, "999900001111"),
    ),
    "another role": changed(
        UNSEEN["a new function with a role of ours"],
        "detail.requestParameters.role",
        ROLE.replace("ringf", "f"),
    ),
    "a policy of another bus": call_event(
        "events", "PutPermission", {"policy": "{}", "eventBusName": "shop"}
    ),
    "no permissions of another bus": call_event(
        "events", "RemovePermission", {"removeAllPermissions": True, "eventBusName": "shop"}
    ),
    "a filter of somebody else": call_event(
        "logs", "DeleteMetricFilter", {"logGroupName": "/trails/all", "filterName": "errors"}
    ),
    "one permission": call_event(
        "events", "RemovePermission", {"removeAllPermissions": False, "statementId": "shop"}
    ),
    "other muted alarms": call_event(
        "monitoring", "PutAlarmMuteRule", {"muteTargets": {"alarmNames": ["x"]}}
    ),
}


@pytest.mark.parametrize("event", OTHERS.values(), ids=OTHERS)
def test_what_others_do_with_their_own_is_neither_delivered_nor_reported(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


def by_cloudformation(role: str, **more: str) -> dict[str, Any]:
    return {**by_role(role, session="AWSCloudFormation"), "invokedBy": CFN, **more}


def test_the_calls_of_a_deployment_are_told_once_and_not_as_urgent() -> None:
    calls = [("lambda", "UpdateFunctionCode"), ("events", "PutRule"), ("sqs", "SetQueueAttributes")]
    told = [
        found(changed(own_call(*one, identity=by_cloudformation(EXECUTES)), "detail.sourceIPAddress", CFN))
        for one in calls
    ]
    assert not any(one.urgent for one in told)
    assert len({one.subjects for one in told}) == 1
    assert len({one.id for one in told}) == 1
    assert len({one.advice for one in told}) == 1
    assert EXECUTES in told[0].advice


def test_the_role_that_starts_deployments_starts_one_and_deletes_none() -> None:
    started = found(own_call("cloudformation", "CreateChangeSet", identity=by_role(DEPLOYS)))
    assert not started.urgent
    assert found(own_call("cloudformation", "DeleteStack", identity=by_role(DEPLOYS))).urgent
    assert found(own_call("lambda", "UpdateFunctionCode", identity=by_role(DEPLOYS))).urgent


PRETENDERS = {
    "a user agent": changed(CODE, "detail.userAgent", CFN),
    "a session name": own_call("lambda", "UpdateFunctionCode", identity=by_role("admin", session=CFN)),
    "the role without CloudFormation": own_call("lambda", "UpdateFunctionCode", identity=by_role(EXECUTES)),
    "CloudFormation with a user's own rights": changed(
        own_call("lambda", "UpdateFunctionCode", identity={**by_user(), "invokedBy": CFN}),
        "detail.sourceIPAddress",
        CFN,
    ),
    "CloudFormation with another role": changed(
        own_call("lambda", "UpdateFunctionCode", identity=by_cloudformation("deployer")),
        "detail.sourceIPAddress",
        CFN,
    ),
    "a role with a path": changed(
        own_call(
            "lambda", "UpdateFunctionCode", identity={**by_role(EXECUTES, path="/x/"), "invokedBy": CFN}
        ),
        "detail.sourceIPAddress",
        CFN,
    ),
    "a role of another account": changed(
        own_call(
            "lambda", "UpdateFunctionCode", identity={**by_role(EXECUTES, "999900001111"), "invokedBy": CFN}
        ),
        "detail.sourceIPAddress",
        CFN,
    ),
    "a role of another qualifier": changed(
        own_call(
            "lambda",
            "UpdateFunctionCode",
            identity=by_cloudformation(EXECUTES.replace("hnb659fds", "mine")),
        ),
        "detail.sourceIPAddress",
        CFN,
    ),
    "a role of a region without a bootstrap": changed(
        own_call(
            "lambda",
            "UpdateFunctionCode",
            identity=by_cloudformation(EXECUTES.replace(REGION, "eu-north-1")),
        ),
        "detail.sourceIPAddress",
        CFN,
    ),
    "an address": own_call("lambda", "UpdateFunctionCode", identity=by_cloudformation(EXECUTES)),
}


@pytest.mark.parametrize("event", PRETENDERS.values(), ids=PRETENDERS)
def test_nobody_passes_as_a_deployment(event: dict[str, Any]) -> None:
    assert found(event).urgent


def test_a_deployment_is_by_the_role_of_the_qualifier_with_which_ringfence_was_synthesized() -> None:
    role = EXECUTES.replace("hnb659fds", "mine")
    event = own_call("lambda", "UpdateFunctionCode", identity=by_cloudformation(role))
    told = findings(changed(event, "detail.sourceIPAddress", CFN), home=Home(qualifier="mine"))
    assert not isinstance(told, NotForUs)
    assert [one.urgent for one in told] == [False]
    usual = own_call("lambda", "UpdateFunctionCode", identity=by_cloudformation(EXECUTES))
    told = findings(changed(usual, "detail.sourceIPAddress", CFN), home=Home(qualifier="mine"))
    assert not isinstance(told, NotForUs)
    assert [one.urgent for one in told] == [True]


def test_a_call_of_a_global_service_is_recorded_in_us_east_1_wherever_the_stack_is() -> None:
    event = own_call("iam", "DeleteRolePolicy", identity=by_cloudformation(EXECUTES))
    event = changed(changed(event, "detail.awsRegion", "us-east-1"), "detail.sourceIPAddress", CFN)
    assert not found(event).urgent
    for regions, urgent in (((REGION, "us-east-1"), False), (("eu-north-1", "us-east-1"), True)):
        told = findings(event, home=Home(regions=regions))
        assert not isinstance(told, NotForUs)
        assert [one.urgent for one in told] == [urgent], "a role named for a region without a stack"


def test_each_resource_and_each_role_is_told_and_each_session_name_is_not() -> None:
    first = found(own_call("lambda", "UpdateFunctionCode", identity=by_role("admin", session="a")))
    renamed = found(own_call("lambda", "UpdateFunctionCode", identity=by_role("admin", session="b")))
    assert (renamed.id, renamed.subjects, renamed.advice) == (first.id, first.subjects, first.advice)
    other = found(own_call("lambda", "UpdateFunctionCode", identity=by_role("intern")))
    function = changed(CODE, "detail.requestParameters.functionName", "ringfence-notify")
    assert len({first.subjects, other.subjects, found(CODE).subjects, found(function).subjects}) == 4
    later = changed(CODE, "detail.eventTime", "2026-03-01T13:30:00Z")
    assert found(later).subjects != found(CODE).subjects


def test_hostile_names_do_no_harm() -> None:
    event = changed(CODE, "detail.requestParameters.functionName", "ringfence-\x1b[2J" + "x" * 5000)
    finding = found(event)
    assert finding.title.isprintable()
    assert finding.advice.isprintable()
    assert len(finding.title) <= 200
    assert len(finding.advice) <= 1200
