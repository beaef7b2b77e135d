"""The outputs stack: exact rights for what is on, nothing for what is off, and one way in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.outputs import every_output, output, output_ids
from ringfence.self_check.places import AUDIT_STACK, MEMBER_STACK, OUTPUTS_STACK
from stacks import needs
from stacks.times import OUTPUTS
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME, allowed, synthesize_without_code, told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ringfence.model.call import Permission
    from tests.support.synthesis import Template

ROLE = "AWS::IAM::Role"
QUEUE = "RINGFENCE_OUTPUTS_QUEUE_URL"


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Template]:
    """The templates with every output."""
    return made(tmp_path_factory.mktemp("on"), *output_ids())


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Template]:
    """The templates with one output, which acts in accounts."""
    return made(tmp_path_factory.mktemp("elsewhere"), "security-hub")


def made(out: Path, *ids: str) -> Mapping[str, Template]:
    return synthesize_without_code(out, replace(told(), outputs=tuple((id_, ()) for id_ in ids)))


def role(template: Template, name: str) -> dict[str, Any]:
    (found,) = (
        one["Properties"] for one in template.all(ROLE).values() if one["Properties"]["RoleName"] == name
    )
    return dict(found)


def actions(template: Template, name: str) -> set[str]:
    """Return the actions that a role is allowed."""
    if "Policies" not in role(template, name):
        return set()
    return {action for action, *_ in allowed(role(template, name))}


def declared(*permissions: Permission) -> set[str]:
    return {one.action for one in permissions}


def test_the_function_has_the_rights_of_what_is_on_and_no_others(
    on: Mapping[str, Template], elsewhere: Mapping[str, Template], templates: Mapping[str, Template]
) -> None:
    own = declared(*needs.EVERY_FUNCTION, *needs.OUTPUTS)
    here = declared(*(need for one in every_output() if not one.elsewhere for need in one.permissions))
    name = "ringfence-outputs-function"
    assert actions(on[OUTPUTS_STACK], name) == {*own, *here, "sts:AssumeRole"}
    assert actions(elsewhere[OUTPUTS_STACK], name) == {*own, "sts:AssumeRole"}
    assert actions(templates[OUTPUTS_STACK], name) == own


def test_the_role_in_each_account_has_the_rights_of_what_acts_there(
    on: Mapping[str, Template], elsewhere: Mapping[str, Template]
) -> None:
    there = declared(*(need for one in every_output() if one.elsewhere for need in one.permissions))
    assert actions(on[MEMBER_STACK], "ringfence-outputs") == there
    hub = declared(*output("security-hub").permissions)
    assert actions(elsewhere[MEMBER_STACK], "ringfence-outputs") == hub < there


def test_only_the_function_of_the_outputs_may_assume_the_role(on: Mapping[str, Template]) -> None:
    (statement,) = role(on[MEMBER_STACK], "ringfence-outputs")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": [f"arn:aws:iam::{HOME}:role/ringfence-outputs-function"]}
    }


def test_the_function_for_notices_sends_to_the_queue_only_if_an_output_is_on(
    on: Mapping[str, Template], audit: Template
) -> None:
    name = "ringfence-notify-function"
    for template, is_on in ((on[AUDIT_STACK], True), (audit, False)):
        queues = str([one for one in allowed(role(template, name)) if one[0] == "sqs:SendMessage"])
        assert ("ringfence-outputs" in queues) is is_on
        variables = template.properties("AWS::Lambda::Function", "NotifyStream")["Environment"]["Variables"]
        assert (QUEUE in variables) is is_on


def test_only_notices_and_operators_send_and_only_the_function_receives(on: Mapping[str, Template]) -> None:
    policy = on[OUTPUTS_STACK].properties("AWS::SQS::QueuePolicy", "Queue")["PolicyDocument"]
    plain = {**policy, "Statement": [{**one, "Resource": "*"} for one in policy["Statement"] if "Sid" in one]}
    who = "arn:aws:iam::{}:role/ringfence-{}-function".format

    def denied(name: str, action: str) -> bool:
        return is_denied_by_resource(plain, who(HOME, name), action, "*")

    assert [denied(one, "sqs:SendMessage") for one in ("notify", "operate", "outputs", "archive")] == [
        *(False, False, True, True)
    ]
    assert [denied(one, "sqs:ReceiveMessage") for one in ("outputs", "notify")] == [False, True]


def test_the_queue_retries_and_then_keeps_what_failed(on: Mapping[str, Template]) -> None:
    main = on[OUTPUTS_STACK].properties("AWS::SQS::Queue", "Queue")
    assert main["RedrivePolicy"]["maxReceiveCount"] == OUTPUTS.receives
    assert main["VisibilityTimeout"] == OUTPUTS.visibility
    mapping = on[OUTPUTS_STACK].properties("AWS::Lambda::EventSourceMapping")
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])


def test_the_bus_and_the_bucket_exist_only_for_the_outputs_that_need_them(
    on: Mapping[str, Template], elsewhere: Mapping[str, Template]
) -> None:
    for kind in ("AWS::Events::EventBus", "AWS::S3::Bucket"):
        assert len(on[OUTPUTS_STACK].all(kind)) == 1
        assert not elsewhere[OUTPUTS_STACK].all(kind)
    assert on[OUTPUTS_STACK].only("AWS::S3::Bucket")[1]["DeletionPolicy"] == "Retain"
    statement = on[OUTPUTS_STACK].properties("AWS::Events::EventBusPolicy")["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/ringfence-outputs-function"}
    }


def test_objects_are_deleted_after_the_days_of_the_policy(tmp_path: Path) -> None:
    chosen = replace(told(), outputs=(("ocsf-files", (("days", "30"),)),))
    bucket = synthesize_without_code(tmp_path, chosen)[OUTPUTS_STACK].properties("AWS::S3::Bucket")
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 30


def test_alarms_watch_the_function_its_queue_and_what_could_not_be_sent(on: Mapping[str, Template]) -> None:
    alarms = on[OUTPUTS_STACK].all("AWS::CloudWatch::Alarm").values()
    assert {one["Properties"]["AlarmName"] for one in alarms} == {
        *("ringfence-outputs-errors", "ringfence-outputs-dead-letters", "ringfence-outputs-age"),
        "ringfence-outputs-wait",
    }


def test_the_rules_of_aws_solutions_are_not_violated(on: Mapping[str, Template]) -> None:
    report = on[OUTPUTS_STACK].path.parent / "validation-report.json"
    assert '"conclusion": "failure"' not in report.read_text()
