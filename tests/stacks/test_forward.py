"""What is delivered in us-east-1 alone comes home, where home is another region."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.core import cloudtrail, config_rules, health
from ringfence.core.guardduty import PATTERN_LIMIT
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import names
from tests.stacks.synthesis import HOME, MEMBER, allowed, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stacks.settings import Settings
    from tests.stacks.synthesis import Template

BUS = f"arn:aws:events:eu-west-1:{HOME}:event-bus/default"


@pytest.fixture
def forward(templates: Mapping[str, Template]) -> Template:
    return templates[names.FORWARD_STACK]


@pytest.fixture
def rules(forward: Template) -> list[dict[str, Any]]:
    return [one["Properties"] for one in forward.all("AWS::Events::Rule").values()]


def test_it_lies_where_the_events_are_delivered(forward: Template) -> None:
    manifest = json.loads((forward.path.parent / "manifest.json").read_text())
    assert manifest["artifacts"][names.FORWARD_STACK]["environment"] == f"aws://{HOME}/us-east-1"


def test_it_forwards_what_health_and_iam_deliver_there_and_no_finding_of_guardduty(
    rules: list[dict[str, Any]],
) -> None:
    """Beside them what may be delivered there: verdicts on IAM, uses of the root user."""
    sources = {json.dumps(one["EventPattern"]["source"]) for one in rules}
    named = (health.SOURCE, cloudtrail.SOURCE, config_rules.SOURCE, {"prefix": "aws."})
    assert sources == {json.dumps([one]) for one in named}


def test_its_patterns_are_those_of_the_rules_at_home(response: Template, rules: list[dict[str, Any]]) -> None:
    home = [one["Properties"]["EventPattern"] for one in response.all("AWS::Events::Rule").values()]
    assert all(one["EventPattern"] in home for one in rules)
    assert all(len(json.dumps(one["EventPattern"])) <= PATTERN_LIMIT for one in rules)


def test_every_rule_is_on_and_puts_on_the_home_regions_bus_or_sets_aside(
    forward: Template, rules: list[dict[str, Any]]
) -> None:
    role, _ = forward.only("AWS::IAM::Role")
    dead, _ = forward.only("AWS::SQS::Queue")
    for rule in rules:
        assert rule["State"] == "ENABLED"
        (target,) = rule["Targets"]
        assert target["Arn"] == BUS
        assert target["RoleArn"] == {"Fn::GetAtt": [role, "Arn"]}
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [dead, "Arn"]}}


def test_its_role_may_put_on_that_bus_and_is_assumed_for_this_account_alone(forward: Template) -> None:
    role = forward.properties("AWS::IAM::Role")
    assert allowed(role) == {("events:PutEvents", BUS, frozenset())}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": HOME}}


def test_only_its_rules_send_to_its_dead_letters_which_are_encrypted_and_ring(forward: Template) -> None:
    rules = [{"Fn::GetAtt": [rule, "Arn"]} for rule in forward.all("AWS::Events::Rule")]
    policy = forward.properties("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    (send,) = [one for one in policy if one["Effect"] == "Allow"]
    assert send["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}
    key, _ = forward.only("AWS::KMS::Key")
    assert forward.properties("AWS::SQS::Queue")["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    alarm = forward.properties("AWS::CloudWatch::Alarm")
    topic, _ = forward.only("AWS::SNS::Topic")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)
    assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_whoever_is_told_at_home_is_told_of_this_too(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    templates = variant(replace(told(), notices_email="security@example.com"))
    subscription = templates[names.FORWARD_STACK].properties("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "security@example.com")


@pytest.mark.parametrize(("account", "region"), [(HOME, "us-east-1"), (MEMBER, "eu-west-1")])
def test_there_is_none_where_nothing_has_to_come_home(
    scoped: Settings, variant: Callable[[Settings], dict[str, Template]], account: str, region: str
) -> None:
    assert names.FORWARD_STACK not in variant(replace(scoped, account=account, region=region))


def test_only_runbooks_for_what_is_global_need_it() -> None:
    assert {runbook.subject.regional for runbook in CATALOGUE.values()} == {True, False}
