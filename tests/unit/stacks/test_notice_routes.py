"""The stack that sends notices on: its topics, its channels, and who presses the buttons in them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.validate import ParamValidator

from ringfence.handlers.chat import request_of
from ringfence.model.resource_names import HUB_ACTION_TYPE
from ringfence.record.notices.chat import ANSWERS
from ringfence.record.notices.routes import MOST
from stacks.chat import NOTHING, command
from stacks.names import INTAKE_STACK, NOTICES_STACK, RESPONSE_STACK
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME, ROUTED, allowed, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks.settings import Settings
    from tests.support.synthesis import Template

SLACK, TEAMS = "AWS::Chatbot::SlackChannelConfiguration", "AWS::Chatbot::MicrosoftTeamsChannelConfiguration"
ACTION = "AWS::Chatbot::CustomAction"
CHANNELS = pytest.mark.parametrize("kind", [SLACK, TEAMS])
APPROVERS = f"arn:aws:iam::{HOME}:role/ops/approvers"


def roles(template: Template) -> dict[str, dict[str, Any]]:
    found = (one["Properties"] for one in template.all("AWS::IAM::Role").values())
    return {one["RoleName"]: one for one in found}


@CHANNELS
def test_a_channel_demands_user_roles_and_its_own_role_may_do_nothing(routed: Template, kind: str) -> None:
    found = routed.properties(kind)
    assert found["UserRoleRequired"] is True
    (policy,) = roles(routed)["ringfence-chat-channel"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {"Action": "*", "Effect": "Deny", "Resource": "*"}
    assert "ManagedPolicyArns" not in roles(routed)["ringfence-chat-channel"]


@CHANNELS
def test_the_guardrail_of_a_channel_lets_people_press_buttons_and_do_nothing_else(
    routed: Template, kind: str
) -> None:
    (guardrail,) = routed.properties(kind)["GuardrailPolicies"]
    policy = routed.all("AWS::IAM::ManagedPolicy")[guardrail["Ref"]]["Properties"]
    function, _ = routed.only("AWS::Lambda::Function", "ChannelsChat")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Action": "lambda:InvokeFunction",
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [function, "Arn"]},
    }
    assert not {"Groups", "Roles", "Users"} & policy.keys()


@CHANNELS
def test_a_channel_has_the_buttons_and_the_topic_of_chat(routed: Template, kind: str) -> None:
    found = routed.properties(kind)
    actions = {one["Fn::GetAtt"][0] for one in found["CustomizationResourceArns"]}
    assert actions == routed.all(ACTION).keys()
    ((topic,),) = (one.values() for one in found["SnsTopicArns"])
    assert topic in routed.all("AWS::SNS::Topic")


def test_a_channel_without_a_role_has_no_button_and_a_guardrail_that_denies_all(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    found = variant(told(chat_slack=ROUTED["chat_slack"]))
    template = found[NOTICES_STACK]
    slack = template.properties(SLACK)
    assert slack["GuardrailPolicies"] == [NOTHING]
    assert slack["UserRoleRequired"] is True
    assert not template.all(ACTION)
    assert not template.all("AWS::IAM::ManagedPolicy")
    assert len(template.all("AWS::Lambda::Function")) == 1
    assert "CHAT_ROLE" not in json.dumps(found[RESPONSE_STACK].body)


def test_without_routes_and_channels_there_is_no_such_stack(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    found = variant(told())
    assert NOTICES_STACK not in found
    assert not found[INTAKE_STACK].all(HUB_ACTION_TYPE), "custom actions of Security Hub are optional too"


def test_what_a_button_types_is_what_its_function_reads(routed: Template) -> None:
    incident = "inc-20260301T120000.000000-0123456789"
    values = {**dict.fromkeys(ANSWERS, f"{incident}/approval-1/{'d' * 64}"), "hold": incident}
    pressed = set()
    for one in routed.all(ACTION).values():
        (attachment,) = one["Properties"]["Attachments"]
        button = attachment["Variables"]["p"].rpartition(".")[2]
        text = one["Properties"]["Definition"]["CommandText"]
        payload = re.search(r"--payload (\S+) ", text)
        assert payload
        assert attachment["Criteria"] == [{"Operator": "HAS_VALUE", "VariableName": "p"}]
        assert request_of(json.loads(payload[1].replace("$p", values[button])), ANSWERS)[0] == button
        pressed.add(button)
    assert pressed == set(ANSWERS)


@pytest.mark.parametrize("region", boto3.Session().get_available_regions("lambda"))
def test_a_command_is_no_longer_than_amazon_q_takes(region: str) -> None:
    service = boto3.client("chatbot", "us-east-2").meta.service_model
    shape = service.shape_for("CustomActionDefinition")
    for button in ANSWERS:
        report = ParamValidator().validate({"CommandText": command(button, region)}, shape)
        assert not report.has_errors(), report.generate_report()
        assert len(command(button, region)) <= shape.members["CommandText"].metadata["max"]


def test_one_role_invokes_the_function_behind_the_buttons(routed: Template) -> None:
    document = routed.properties("AWS::Lambda::ResourcePolicy", "ChannelsChat")["PolicyDocument"]
    arn, action = f"arn:aws:lambda:eu-west-1:{HOME}:function:ringfence-chat", "lambda:InvokeFunction"
    plain = {**document, "Statement": [{**one, "Resource": [arn]} for one in document["Statement"]]}
    assert not is_denied_by_resource(plain, APPROVERS, action, arn)
    for who in (
        f"arn:aws:iam::{HOME}:role/approvers",
        f"arn:aws:iam::{HOME}:role/Admin",
        f"arn:aws:iam::{HOME}:role/ringfence-chat-channel",
        "arn:aws:iam::999999999999:role/ops/approvers",
    ):
        assert is_denied_by_resource(plain, who, action, arn)


def test_the_function_behind_the_buttons_calls_two_routes_of_the_api(routed: Template) -> None:
    found = allowed(roles(routed)["ringfence-chat-function"])
    ends = {
        json.loads(resource)["Fn::Join"][1][-1]
        for action, resource, _ in found
        if action == "execute-api:Invoke"
    }
    assert ends == {"/$default/POST/answers", "/$default/POST/pauses"}


@pytest.mark.parametrize(
    ("buttons", "paths"),
    [("approve", {"answers"}), ("hold", {"pauses"}), ("reject hold", {"answers", "pauses"})],
)
def test_it_calls_only_what_its_buttons_need(
    variant: Callable[[Settings], dict[str, Template]], buttons: str, paths: set[str]
) -> None:
    template = variant(told(**{**ROUTED, "chat_buttons": buttons}))[NOTICES_STACK]
    text = json.dumps(roles(template)["ringfence-chat-function"])
    assert {path for path in ("answers", "pauses") if f"POST/{path}" in text} == paths
    assert len(template.all(ACTION)) == len(buttons.split())


def test_the_operators_function_knows_for_whom_the_buttons_ask(response: Template) -> None:
    variables = response.properties("AWS::Lambda::Function", "DoorOperate")["Environment"]["Variables"]
    assert variables["RINGFENCE_CHAT_ROLE_ARN"] == APPROVERS


def test_the_queue_takes_messages_of_the_topic_for_notices_alone(routed: Template) -> None:
    subscription = routed.properties("AWS::SNS::Subscription")
    assert "FilterPolicy" not in subscription
    assert "RawMessageDelivery" not in subscription
    topic = subscription["TopicArn"]
    policies = [one["Properties"] for one in routed.all("AWS::SQS::QueuePolicy").values()]
    statements = [one for each in policies for one in each["PolicyDocument"]["Statement"]]
    sends = [one for one in statements if one["Effect"] == "Allow"]
    assert len(sends) == 2
    for one in sends:
        assert one["Principal"] == {"Service": "sns.amazonaws.com"}
        assert one["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}
    (nobody,) = [one for one in statements if one.get("Sid") == "NobodyElse"]
    assert nobody["Condition"] == {"ArnNotEquals": {"aws:SourceArn": [topic]}}


def test_each_route_has_a_topic_and_the_function_knows_it(routed: Template) -> None:
    variables = routed.properties("AWS::Lambda::Function", "Router")["Environment"]["Variables"]
    (route,) = json.loads(variables["RINGFENCE_ROUTES"])
    assert (route["name"], route["urgency"], route["severity"]) == ("pager", ["urgent"], 7)
    topics = routed.all("AWS::SNS::Topic")
    assert any(id_.startswith("RoutePager") for id_ in topics)
    assert all("KmsMasterKeyId" in one["Properties"] for one in topics.values())
    assert {"RoutePagerTopic", "ChatTopic", "ChatUserPolicy"} <= routed.body["Outputs"].keys()


def test_nobody_but_ringfences_functions_makes_up_a_notice(audit: Template, routed: Template) -> None:
    """A person could answer it. CloudWatch, which is no principal with an ARN, publishes alarms."""
    arn = f"arn:aws:sns:eu-west-1:{HOME}:any"
    ours = {f"arn:aws:iam::{HOME}:role/{name}" for name in roles(audit) if name.endswith("-function")}
    route = f"arn:aws:iam::{HOME}:role/ringfence-route-function"
    for template, tellers in ((audit, {*ours, route}), (routed, {route})):
        policies = [one["Properties"] for one in template.all("AWS::SNS::TopicPolicy").values()]
        assert len(policies) == len(template.all("AWS::SNS::Topic"))
        for one in policies:
            (nobody,) = [
                each
                for each in one["PolicyDocument"]["Statement"]
                if each.get("Sid") == "NobodyElsePublishes"
            ]
            policy = {"Version": "2012-10-17", "Statement": [{**nobody, "Resource": arn}]}
            for who in tellers:
                assert not is_denied_by_resource(policy, who, "sns:Publish", arn)
            for who in (APPROVERS, f"arn:aws:iam::{HOME}:user/mallory"):
                assert is_denied_by_resource(policy, who, "sns:Publish", arn)


@pytest.mark.parametrize(
    ("context", "field"),
    [
        ({"chat_slack": "T012ABCD"}, "chat_slack"),
        ({"chat_slack": "T012ABCD/C1/C2"}, "chat_slack"),
        ({"chat_teams": "tenant/team/19%3a"}, "chat_teams"),
        ({"chat_role": "approvers"}, "chat_role"),
        ({"chat_slack": "T1/C1", "chat_buttons": "approve"}, "chat_buttons"),
        ({"chat_slack": "T1/C1", "chat_role": "a", "chat_buttons": "release"}, "chat_buttons"),
        ({"chat_slack": "T1/C1", "chat_role": "arn:aws:iam::1:role/a"}, "chat_role"),
        ({"chat_slack": "T1/C1", "chat_role": "a", "require_mfa": "true"}, "chat_role"),
        ({"notices_routes": "pager"}, "notices_routes"),
        ({"notices_routes": '["pager"]'}, r"notices_routes\[0\]"),
        ({"notices_routes": '[{"name": "Pager"}]'}, r"notices_routes\[0\].name"),
        ({"notices_routes": '[{"name": "a", "topic": "b"}]'}, r"notices_routes\[0\].topic"),
        ({"notices_routes": '[{"name": "a", "urgency": ["high"]}]'}, r"notices_routes\[0\].urgency"),
        ({"notices_routes": '[{"name": "a", "kinds": ["all"]}]'}, r"notices_routes\[0\].kinds"),
        ({"notices_routes": '[{"name": "a", "severity": 11}]'}, r"notices_routes\[0\].severity"),
        ({"notices_routes": '[{"name": "a"}, {"name": "a"}]'}, "notices_routes"),
        (
            {"notices_routes": json.dumps([{"name": f"a{i}"} for i in range(MOST + 1)])},
            "notices_routes",
        ),
    ],
)
def test_a_wrong_setting_is_bad_input_that_names_it(context: dict[str, str], field: str) -> None:
    from ringfence.model.errors import BadInput

    with pytest.raises(BadInput, match=f"^{field}: "):
        told(**context)
