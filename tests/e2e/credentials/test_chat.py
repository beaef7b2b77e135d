"""Notices in a chat channel, and buttons there, with IAM enforced. Only the commands of chat are here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ringfence.record.approval_facts import ApprovalAnswered
from ringfence.record.notices.chat import APPROVE
from tests.e2e.approvals import Asked
from tests.e2e.deployments import CHAT_ROLE
from tests.e2e.operators import operator
from tests.e2e.world import Inbox, until

if TYPE_CHECKING:
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
FUNCTION = "ringfence-chat"


def role_client(world: World, name: str, *policies: str) -> Any:  # noqa: ANN401 - made at run time
    """Return a client of Lambda with a session of a new role, as Amazon Q gets one for a person's role."""
    iam, account = world.client("iam"), world.local.account
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    for one in policies:
        iam.attach_role_policy(RoleName=name, PolicyArn=one)
    sts = operator(world, allowed=("sts:AssumeRole",)).client("sts")
    keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ada")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return session.client("lambda", region_name=world.local.region, endpoint_url=world.local.endpoint)


def presses(client: Any, button: str, value: str) -> Any:  # noqa: ANN401 - JSON
    """Invoke the function as a button does."""
    answer = client.invoke(FunctionName=FUNCTION, Payload=json.dumps({button: value}))
    assert "FunctionError" not in answer, answer["Payload"].read()
    return json.load(answer["Payload"])


def test_a_button_approves_the_plan_that_the_channel_shows_and_nobody_else_presses_it(
    world: World, inbox: Inbox
) -> None:
    channel = Inbox(world, world.deployment.chat)
    asked = Asked.about(world)
    plan = asked.approvals[0].asked.digest
    until(lambda: channel.texts(plan), "the channel shows the plan")
    (shown,) = (json.loads(one) for one in channel.texts(plan))
    assert (shown["version"], shown["source"]) == ("1.0", "custom")
    assert asked.server.ref.id in shown["content"]["description"]
    token = shown["metadata"]["additionalContext"][APPROVE]

    stranger = operator(world, allowed=("lambda:InvokeFunction",)).client("lambda")
    with pytest.raises(ClientError, match="AccessDenied"):
        presses(stranger, APPROVE, token)
    arn = f"arn:aws:iam::{world.local.account}:policy/ringfence-chat-user"
    approver = role_client(world, CHAT_ROLE, arn)
    assert presses(approver, APPROVE, token.replace(plan, "0" * 64)).keys() == {"refused"}
    assert presses(approver, "release", asked.incident).keys() == {"refused"}
    until(lambda: inbox.told("forged input of ringfence-chat"), "people are told of the made-up input")
    assert not asked.closed
    assert not asked.approvals[0].answers

    assert presses(approver, APPROVE, token)["missing"] == "0"
    history = world.complete(asked.server)
    assert asked.closed
    answered = [one for one in history.entries if isinstance(one.fact, ApprovalAnswered)]
    assert [one.actor for one in answered] == [f"arn:aws:iam::{world.local.account}:role/{CHAT_ROLE}"]
    assert presses(approver, APPROVE, token).keys() == {"status", "missing"}, "a button pressed twice"
    assert world.deployment.archived(asked.server.ref).sound
