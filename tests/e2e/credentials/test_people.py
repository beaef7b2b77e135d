"""With IAM enforced: the self-check with its policy alone, and dead letters with that of operators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from ringfence.local.findings import InstanceFinding
from ringfence.model.claims import Verdict
from ringfence.policy.decision import Mode
from ringfence.record.facts import DecisionMade, Intended
from tests.e2e.operators import operator
from tests.e2e.world import DEAD_LETTERS, until

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e
EXPECTED = {"heartbeat", "subscriptions", "policy", "prerequisite"}
"""What differs here: the first heartbeat is sent after 15 minutes, nobody is subscribed, the command compares
with the policy of this repository, and the account has no trail and no recorder."""

NOT_DETERMINED = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListAlarmMuteRules",
    "dynamodb:GetResourcePolicy",
    "events:DescribeRule",
    "kms:DescribeKey",
}
"""Calls whose resource the local AWS does not determine. It denies them if a policy names resources."""


def test_the_policy_of_doctors_lets_everything_be_read(place: Place) -> None:
    arn = f"arn:aws:iam::{place.world.local.account}:policy/ringfence-doctor"
    shown = operator(place.world, arn).types("doctor", "--json")
    found = json.loads(shown.stdout)
    faults = {one["aspect"] for one in found["problems"] if one["standing"] == "fault"}
    unknown = {
        one["problem"].split()[1].rstrip(":") for one in found["problems"] if one["standing"] == "unknown"
    }
    assert faults <= EXPECTED
    assert unknown <= NOT_DETERMINED, "every other read is allowed"
    assert (shown.returncode, shown.stderr) == (1, "")
    assert found["compared"]["stack"] == 7


def test_without_that_policy_nothing_is_called_sound(place: Place) -> None:
    shown = operator(place.world).types("doctor")
    assert shown.returncode == 1
    assert "attach the policy ringfence-doctor to the caller" in shown.stdout
    assert "Everything is as declared" not in shown.stdout
    assert all(len(line) <= 80 or "→" in line or "arn:" in line for line in shown.stdout.splitlines())


def test_an_operator_lists_a_dead_letter_and_puts_it_back(place: Place) -> None:
    world, sqs = place.world, place.world.client("sqs")
    url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    body = {"detail-type": "made up", "account": world.local.account, "region": world.local.region}
    id_ = given_up(sqs, url, json.dumps(body))
    queue = DEAD_LETTERS.removeprefix("ringfence-").removesuffix("-dead-letters")
    who = operator(world, f"arn:aws:iam::{world.local.account}:policy/ringfence-operator")
    sent = who.types("dead-letters", "replay", queue, id_, "--reason", "the outage is over", "--json")
    assert sent.returncode == 0, sent.stderr
    (replayed,) = json.loads(sent.stdout)["replayed"]
    assert "made up" in str(replayed)
    listed = who.types("dead-letters", "list")
    assert listed.returncode == 0, listed.stderr
    assert id_ not in listed.stdout


def test_a_made_up_finding_among_the_dead_letters_is_asked_about_when_it_is_replayed(place: Place) -> None:
    """A replayed message is one like any other: GuardDuty does not have this finding, so nothing changes."""
    world = place.world
    builder = world.builder()
    server = builder.launch(builder.ground(), builder.name)
    made = InstanceFinding.about(server).entry()
    told = {"source": made["Source"], "detail-type": made["DetailType"], "detail": json.loads(made["Detail"])}
    body = json.dumps({**told, "account": world.local.account, "region": world.local.region})
    sqs = world.client("sqs")
    id_ = given_up(sqs, sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"], body)
    queue = DEAD_LETTERS.removeprefix("ringfence-").removesuffix("-dead-letters")
    who = operator(world, f"arn:aws:iam::{world.local.account}:policy/ringfence-operator")
    sent = who.types("dead-letters", "replay", queue, id_, "--reason", "the outage is over")
    assert sent.returncode == 0, sent.stderr
    decided = until(lambda: world.history(server).last(DecisionMade), "there is a decision")
    assert decided
    assert decided.source
    assert decided.decision.mode is not Mode.AUTO
    assert decided.source.verdict in {Verdict.ABSENT, Verdict.REFUTED, Verdict.BLINDED}
    assert world.history(server).of(Intended) == ()
    assert not world.inspector().closed(server)


def given_up(sqs: SQSClient, url: str, body: str) -> str:
    """Put a message where SQS puts one that was given up on. The queue refuses it from everybody else."""
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        return sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"]
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_who_may_only_run_may_not_release(place: Place) -> None:
    who = operator(place.world, f"arn:aws:iam::{place.world.local.account}:policy/ringfence-operator")
    refused = who.types("release", "inc-20261130T000000.000000-0000000000", "--reason", "x", "--yes")
    assert refused.returncode != 0
    assert "403" in refused.stdout + refused.stderr
