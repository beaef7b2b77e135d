"""CloudFormation makes chat channels and custom actions as AWS would take them, and no others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

ROLE = "arn:aws:iam::000000000000:role/channel"
SLACK: dict[str, Any] = {
    "ConfigurationName": "alerts",
    "IamRoleArn": ROLE,
    "SlackWorkspaceId": "T012ABCD",
    "SlackChannelId": "C0456EFGH",
    "UserRoleRequired": True,
    "GuardrailPolicies": ["arn:aws:iam::aws:policy/AWSDenyAll"],
    "CustomizationResourceArns": [{"Fn::GetAtt": ["Action", "CustomActionArn"]}],
}
TEAMS: dict[str, Any] = {
    "ConfigurationName": "alerts",
    "IamRoleArn": ROLE,
    "TeamId": "0a1b2c3d-0000-1111-2222-333344445555",
    "TeamsTenantId": "0a1b2c3d-0000-1111-2222-333344445555",
    "TeamsChannelId": "19%3aab%40thread.tacv2",
}
ACTION: dict[str, Any] = {"ActionName": "approve", "Definition": {"CommandText": "lambda invoke"}}


def made(aws: Any, unique: str, slack: dict[str, Any], action: dict[str, Any]) -> dict[str, str]:
    """Create a stack of all types. Return its outputs."""
    resources = {
        "Slack": {"Type": "AWS::Chatbot::SlackChannelConfiguration", "Properties": slack},
        "Teams": {"Type": "AWS::Chatbot::MicrosoftTeamsChannelConfiguration", "Properties": TEAMS},
        "Action": {"Type": "AWS::Chatbot::CustomAction", "Properties": action},
    }
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    client = aws.client("cloudformation")
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    client.create_stack(StackName=unique, TemplateBody=body)
    waits = {"Delay": 1, "MaxAttempts": 30}
    client.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig=waits)
    described = client.describe_stacks(StackName=unique)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}


def test_channels_and_actions_are_made(aws: Any, unique: str) -> None:
    found = made(aws, unique, SLACK, ACTION)
    assert found["Action"].endswith(":custom-action/approve")
    assert found["Slack"].endswith(":chat-configuration/slack-channel/alerts")
    assert found["Teams"].endswith(":chat-configuration/microsoft-teams-channel/alerts")


@pytest.mark.parametrize(
    ("slack", "action"),
    [
        ({**SLACK, "SlackChannel": "C1"}, ACTION),
        ({name: one for name, one in SLACK.items() if name != "IamRoleArn"}, ACTION),
        (SLACK, {**ACTION, "Definition": {"Command": "lambda invoke"}}),
    ],
)
def test_what_aws_would_refuse_is_refused(
    aws: Any, unique: str, slack: dict[str, Any], action: dict[str, Any]
) -> None:
    with pytest.raises(WaiterError):
        made(aws, unique, slack, action)
