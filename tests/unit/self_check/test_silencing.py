"""What keeps alarms, notices, logs and the operators' requests from people is found by the self-check."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.model import StringShape, StructureShape
from botocore.validate import ParamValidator

from ringfence.events.cloudtrail.trigger.own_resources import CALLS
from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.self_check.mutes import MOST, muting
from ringfence.self_check.places import Stack
from ringfence.self_check.template import Deployed, Resource
from tests.support.self_checking import judged

HOME, REGION = "111122223333", "eu-west-1"
STACK = Stack(HOME, REGION, "Ringfence-Response")
TOPIC = Resource(
    "AWS::SNS::Topic", "Notices", f"arn:aws:sns:{REGION}:{HOME}:Ringfence-Audit-Notices-ABC", {}, STACK
)
SUBSCRIBED = {
    "GetTopicAttributes": {"Attributes": {}},
    "ListSubscriptionsByTopic": {"Subscriptions": [{"SubscriptionArn": "arn:s", "Protocol": "email"}]},
    "GetSubscriptionAttributes": {"Attributes": {}},
}
MUTE = f"arn:aws:cloudwatch:{REGION}:{HOME}:alarm-mute-rule:quiet"
GROUP = Resource("AWS::Logs::LogGroup", "Logs", "Ringfence-Logs-ABC", {"RetentionInDays": 365}, STACK)
FUNCTION = f"arn:aws:lambda:{REGION}:{HOME}:function:ringfence-operate"
API = {"ApiId": "a1b2c3d4e5"}
INTEGRATION = Resource(
    "AWS::ApiGatewayV2::Integration",
    "Operate",
    "i1",
    {**API, "IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION, "PayloadFormatVersion": "2.0"},
    STACK,
)
PROXY = {"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION, "PayloadFormatVersion": "2.0"}
STAGE = Resource("AWS::ApiGatewayV2::Stage", "Stage", "$default", {**API, "AutoDeploy": True}, STACK)


def words(resource: Resource, answers: dict[str, Any]) -> list[str]:
    return [f"{one.aspect}: {one.words}" for one in judged(resource, answers)]


def muted(*names: str, status: str = "ACTIVE") -> dict[str, Any]:
    return {
        **SUBSCRIBED,
        "ListAlarmMuteRules": {"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": MUTE, "Status": status}]},
        "GetAlarmMuteRule": {"Name": "quiet", "MuteTargets": {"AlarmNames": list(names)}},
    }


@pytest.mark.parametrize("status", ["ACTIVE", "SCHEDULED"])
def test_a_rule_that_mutes_an_alarm_of_ringfence_is_a_problem(status: str) -> None:
    assert words(TOPIC, muted("shop", "ringfence-forged", status=status)) == [
        "muted alarms: also has quiet mutes ringfence-forged, which is not declared"
    ]


@pytest.mark.parametrize("answers", [muted("shop"), muted("ringfence-forged", status="EXPIRED"), SUBSCRIBED])
def test_other_rules_that_mute_are_none(answers: dict[str, Any]) -> None:
    assert words(TOPIC, answers) == []


def test_more_rules_than_are_read_are_reported() -> None:
    many = [{"AlarmMuteRuleArn": f"{MUTE}{number}"} for number in range(MOST + 3)]
    answers = {
        **SUBSCRIBED,
        "ListAlarmMuteRules": {"AlarmMuteRuleSummaries": many},
        "GetAlarmMuteRule": {"Name": "quiet"},
    }
    (found,) = words(TOPIC, answers)
    assert "3 rules that were not read" in found


def test_a_region_without_mute_rules_mutes_nothing() -> None:
    unknown = Failed("InvalidAction", "Unknown action")
    answers = {**SUBSCRIBED, "ListAlarmMuteRules": unknown, "GetDataProtectionPolicy": unknown}
    assert words(TOPIC, answers) == []


def test_a_data_protection_policy_of_the_topic_is_a_problem() -> None:
    answers = {**SUBSCRIBED, "GetDataProtectionPolicy": {"DataProtectionPolicy": '{"Name":"deny"}'}}
    assert words(TOPIC, answers) == ['data protection: is {"Name":"deny"}, declared none']


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, []),
        ({"dataProtectionStatus": "DELETED"}, []),
        (
            {"dataProtectionStatus": "ACTIVATED"},
            ["masked by: is a policy of the log group, declared nothing"],
        ),
        (
            {"inheritedProperties": ["ACCOUNT_DATA_PROTECTION"]},
            ["masked by: is a policy of the account, declared nothing"],
        ),
        ({"retentionInDays": 1}, ["days kept: is 1, declared 365"]),
        ({"kmsKeyId": "arn:key/7f1"}, ["encryption: is KMS key 7f1, declared none"]),
    ],
)
def test_a_log_group_is_kept_encrypted_and_unmasked(more: dict[str, Any], found: list[str]) -> None:
    group = {"logGroupName": GROUP.id, "retentionInDays": 365, **more}
    other = {"logGroupName": f"{GROUP.id}2", "retentionInDays": 3}
    assert words(GROUP, {"DescribeLogGroups": {"logGroups": [other, group]}}) == found


def test_a_log_group_that_is_gone_is_a_problem() -> None:
    assert words(GROUP, {"DescribeLogGroups": {"logGroups": []}}) == ["existence: does not exist"]


@pytest.mark.parametrize(
    ("more", "aspect"),
    [
        ({"IntegrationUri": FUNCTION.replace("ringfence", "shop")}, "target"),
        ({"IntegrationType": "HTTP_PROXY"}, "type"),
        ({"CredentialsArn": "arn:aws:iam::*:user/*"}, "credentials"),
        ({"RequestParameters": {"overwrite:path": "/x"}}, "request parameters"),
        ({"ResponseParameters": {"200": {"overwrite:statuscode": "500"}}}, "response parameters"),
    ],
)
def test_an_integration_that_was_changed_is_a_problem(more: dict[str, Any], aspect: str) -> None:
    assert words(INTEGRATION, {"GetIntegration": PROXY}) == []
    (found,) = words(INTEGRATION, {"GetIntegration": {**PROXY, **more}})
    assert found.startswith(f"{aspect}: ")


def test_a_stage_that_keeps_an_earlier_integration_is_a_problem() -> None:
    assert words(STAGE, {"GetStage": {"AutoDeploy": True}}) == []
    assert words(STAGE, {"GetStage": {"AutoDeploy": False}}) == ["deploys by itself: is false, declared true"]


def test_a_route_that_no_stack_declares_is_a_problem() -> None:
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {}},
            "Run": {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "POST /run"},
            },
        }
    }
    api = Deployed(STACK, template, {"Api": "a1b2c3d4e5", "Run": "r1"}).resources()[0]
    assert words(api, {"GetRoutes": {"Items": [{"RouteKey": "POST /run"}]}}) == []
    assert words(api, {"GetRoutes": {"Items": [{"RouteKey": "POST /run"}, {"RouteKey": "$default"}]}}) == [
        "routes: also has $default, which is not declared"
    ]
    assert words(api, {"GetRoutes": Failed("NotFoundException", "")}) == ["existence: does not exist"]


def test_what_is_asked_of_mute_rules_and_answered_here_has_the_form_of_cloudwatchs_model() -> None:
    """The local AWS has no such rules, so nothing else shows that these forms are right."""
    model = botocore.session.get_session().get_service_model("cloudwatch")
    talk, answers = muting(), muted("ringfence-forged", status="SCHEDULED")
    (listing,) = next(talk)
    (reading,) = talk.send((Document.of(answers["ListAlarmMuteRules"]),))
    for call in (listing, reading):
        operation = model.operation_model(call.operation)
        for value, shape in (
            (call.parameters, operation.input_shape),
            (answers[call.operation], operation.output_shape),
        ):
            assert shape
            assert not ParamValidator().validate(value, shape).has_errors()
    statuses = model.shape_for("AlarmMuteRuleStatus")
    assert isinstance(statuses, StringShape)
    assert set(statuses.enum) == {"SCHEDULED", "ACTIVE", "EXPIRED"}


def test_a_recorded_mute_is_found_where_cloudwatchs_model_has_its_alarms() -> None:
    """CloudTrail writes the names of parameters with a small first letter."""
    model = botocore.session.get_session().get_service_model("cloudwatch")
    (own,) = (one for one in CALLS.values() if one.name == "PutAlarmMuteRule")
    outer, inner = own.named.parameter.split(".")
    asked = model.operation_model(own.name).input_shape
    assert isinstance(asked, StructureShape)
    targets = asked.members[outer[0].upper() + outer[1:]]
    assert isinstance(targets, StructureShape)
    assert inner[0].upper() + inner[1:] in targets.members
