"""What is delivered in other regions and accounts comes home, and what us-east-1 alone delivers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail.trigger import quarantine as cloudtrail
from ringfence.events.cloudtrail.trigger.root import ROOT_USE
from ringfence.events.cloudtrail.trigger.undoing import undoing_patterns
from ringfence.events.config import trigger as config_rules
from ringfence.events.health import trigger as health
from ringfence.events.heartbeat import DETAIL_TYPE, SOURCE
from ringfence.events.heartbeat import pattern as heartbeats
from ringfence.events.patterns import PATTERN_LIMIT, WITH_READS, covers, filled, names_api, rule_state
from ringfence.insights.activity.delivered import event_patterns
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import names
from stacks.forward import places
from stacks.patterns import intake_patterns
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME, MEMBER, allowed, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.runbook import Runbook
    from stacks.settings import Settings
    from tests.support.synthesis import Template

BUS = f"arn:aws:events:eu-west-1:{HOME}:event-bus/default"
FORWARD = names.forward_stack("us-east-1")
RULE, ROLE = "AWS::Events::Rule", "AWS::IAM::Role"


@pytest.fixture
def forward(templates: Mapping[str, Template]) -> Template:
    return templates[FORWARD]


@pytest.fixture
def rules(forward: Template) -> list[dict[str, Any]]:
    return patterns_of(forward)


def heard(runbook: Runbook, account: str = HOME) -> tuple[Mapping[str, object], ...]:
    found = (one for one in (*runbook.patterns(), *undoing_patterns(runbook)) if not names_api(one))
    return (*(filled(one, account) for one in found), heartbeats((account,)))


def patterns_of(template: Template) -> list[dict[str, Any]]:
    return [one["Properties"] for one in template.all(RULE).values()]


def test_it_lies_where_the_events_are_delivered(forward: Template) -> None:
    manifest = json.loads((forward.path.parent / "manifest.json").read_text())
    assert manifest["artifacts"][FORWARD]["environment"] == f"aws://{HOME}/us-east-1"


def test_it_is_deployed_after_the_stack_with_its_role(forward: Template) -> None:
    manifest = json.loads((forward.path.parent / "manifest.json").read_text())
    assert names.MEMBER_STACK in manifest["artifacts"][FORWARD]["dependencies"]


def test_from_us_east_1_comes_what_health_and_iam_deliver_there_and_no_finding_of_guardduty(
    rules: list[dict[str, Any]],
) -> None:
    """Beside them what may be delivered there: verdicts on IAM, uses of the root user, and the heartbeat."""
    sources = {json.dumps(one["EventPattern"]["source"]) for one in rules}
    named = (health.SOURCE, cloudtrail.SOURCE, config_rules.SOURCE, {"prefix": "aws."}, SOURCE)
    assert sources == {json.dumps([one]) for one in named}


def test_from_us_east_1_come_the_calls_of_iam_that_undo_any_containment(
    rules: list[dict[str, Any]],
) -> None:
    """IAM's calls are delivered there alone, also those on the roles of contained instances."""
    patterns = [one["EventPattern"] for one in rules]
    undoing = [
        filled(one, HOME)
        for runbook in CATALOGUE.values()
        for one in undoing_patterns(runbook)
        if one["source"] == ["aws.iam"]
    ]
    assert len(undoing) > 1
    assert all(any(covers(each, one) for each in patterns) for one in undoing)


def test_its_patterns_are_those_of_the_rules_at_home(
    response: Template, activity: Template, rules: list[dict[str, Any]]
) -> None:
    there = (*response.all(RULE).values(), *activity.all(RULE).values())
    home = [one["Properties"]["EventPattern"] for one in there]
    beats = heartbeats((HOME,))
    assert all(one["EventPattern"] in home for one in rules if one["EventPattern"] != beats)
    assert any(covers(one, heartbeats((HOME, MEMBER))) for one in home), "the rule of all heartbeats"
    assert beats in [one["EventPattern"] for one in rules]
    assert all(len(json.dumps(one["EventPattern"])) <= PATTERN_LIMIT for one in rules)


def test_from_another_region_of_the_scope_comes_all_that_the_rules_at_home_take(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    templates = variant(replace(told(), regions=("eu-west-1", "eu-north-1")))
    elsewhere = patterns_of(templates[names.forward_stack("eu-north-1")])
    home = [one["Properties"]["EventPattern"] for one in templates[names.RESPONSE_STACK].all(RULE).values()]
    forwarded = [one["EventPattern"] for one in elsewhere]
    only_at_home = ([SOURCE], ["aws.apigateway"])
    others = [one for one in home if one["source"] not in only_at_home]
    assert [one for one in others if not any(covers(other, one) for other in forwarded)] == []
    assert heartbeats((HOME,)) in forwarded
    assert FORWARD in templates
    assert names.forward_stack("eu-west-1") not in templates


def test_from_another_account_comes_all_of_it_from_each_of_its_regions(
    scoped: Settings, variant: Callable[[Settings], dict[str, Template]]
) -> None:
    templates = variant(replace(scoped, account=MEMBER))
    assert templates.keys() == {names.MEMBER_STACK, names.forward_stack("eu-west-1"), FORWARD}
    of_runbooks = [one for runbook in CATALOGUE.values() for one in heard(runbook, MEMBER)]
    everything = [*of_runbooks, *intake_patterns(), *event_patterns(scoped.activity.rules)]
    brought = patterns_of(templates[names.forward_stack("eu-west-1")])
    forwarded = [one["EventPattern"] for one in brought]
    assert all(one in everything for one in forwarded)
    assert [one for one in everything if sum(covers(other, one) for other in forwarded) != 1] == []
    assert {target["Arn"] for one in brought for target in one["Targets"]} == {BUS}


def test_every_rule_is_on_and_puts_on_the_home_regions_bus_or_sets_aside(
    forward: Template, rules: list[dict[str, Any]]
) -> None:
    dead, _ = forward.only("AWS::SQS::Queue")
    for rule in rules:
        assert rule["State"] == rule_state(rule["EventPattern"])
        (target,) = rule["Targets"]
        assert target["Arn"] == BUS
        assert target["RoleArn"] == f"arn:aws:iam::{HOME}:role/ringfence-forward"
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [dead, "Arn"]}}


def test_calls_of_the_root_user_that_only_read_are_forwarded(
    scoped: Settings, rules: list[dict[str, Any]]
) -> None:
    counted = event_patterns(scoped.activity.rules)
    found = [one["EventPattern"] for one in rules if one["State"] == WITH_READS]
    assert [one for one in found if one not in counted] == list(ROOT_USE.patterns())


def test_its_role_may_put_on_that_bus_and_is_assumed_for_this_account_alone(member: Template) -> None:
    """One for all regions of an account, since a role is global."""
    (role,) = [
        one["Properties"]
        for one in member.all(ROLE).values()
        if one["Properties"]["RoleName"] == "ringfence-forward"
    ]
    assert allowed(role) == {("events:PutEvents", BUS, frozenset())}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": HOME}}


def test_the_home_bus_lets_in_that_role_of_the_other_accounts_and_nobody_else(response: Template) -> None:
    statement = statement_of(response, "ringfence-accounts")
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{MEMBER}:root"]}
    assert (statement["Effect"], statement["Action"]) == ("Allow", "events:PutEvents")
    role = "arn:aws:iam::*:role/ringfence-forward"
    assert statement["Condition"] == {"ArnLike": {"aws:PrincipalArn": role}}


def statement_of(template: Template, id_: str) -> dict[str, Any]:
    policies = [one["Properties"] for one in template.all("AWS::Events::EventBusPolicy").values()]
    (policy,) = [one for one in policies if one["StatementId"] == id_]
    assert policy["EventBusName"] == "default"
    statement: dict[str, Any] = policy["Statement"]
    return statement


BEAT, PUT = {"events:source": [SOURCE]}, "events:PutEvents"


@pytest.mark.parametrize(
    ("stack", "bus", "senders"),
    [
        (names.RESPONSE_STACK, BUS, ("ringfence-home-beat", "ringfence-forward", "ringfence-doctor")),
        (FORWARD, BUS.replace("eu-west-1", "us-east-1"), ("ringfence-beat", "ringfence-doctor")),
    ],
)
def test_nobody_but_the_schedules_and_the_self_check_puts_heartbeats_on_a_bus(
    templates: Mapping[str, Template], stack: str, bus: str, senders: tuple[str, ...]
) -> None:
    policy = {"Statement": [statement_of(templates[stack], "ringfence-heartbeats")]}

    def denied(role: str, keys: Mapping[str, object]) -> bool:
        return is_denied_by_resource(policy, f"arn:aws:iam::{HOME}:role/{role}", PUT, bus, keys)

    assert denied("Admin", BEAT)
    assert denied("ringfence-operate-function", BEAT)
    assert not denied("Admin", {"events:source": ["shop"]})
    assert not any(denied(one, BEAT) for one in senders)


def test_only_its_rules_send_to_its_dead_letters_which_are_encrypted_and_ring(forward: Template) -> None:
    rules = [{"Fn::GetAtt": [rule, "Arn"]} for rule in forward.all(RULE)]
    policy = forward.properties("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    (send,) = [one for one in policy if one["Effect"] == "Allow"]
    assert send["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}
    (deny,) = [one for one in policy if one.get("Sid") == "SetAside"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sqs:SendMessage")
    assert deny["Condition"] == {"Null": {"aws:PrincipalArn": "false"}}
    assert forward.properties("AWS::SQS::Queue")["SqsManagedSseEnabled"] is True
    alarm = forward.properties("AWS::CloudWatch::Alarm", "ForwardDeadLetters")
    topic, _ = forward.only("AWS::SNS::Topic")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)
    assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_it_rings_if_a_rule_cannot_put_on_the_home_bus(forward: Template) -> None:
    alarms = forward.all("AWS::CloudWatch::Alarm").values()
    read = [one for alarm in alarms for one in alarm["Properties"].get("Metrics", [])]
    metrics = [one["MetricStat"]["Metric"] for one in read if "MetricStat" in one]
    assert {one["MetricName"] for one in metrics} == {"FailedInvocations"}
    assert {one["Dimensions"][0]["Value"]["Ref"] for one in metrics} == forward.all(RULE).keys()
    assert all(len(alarm["Properties"].get("Metrics", [])) <= 11 for alarm in alarms), "ten and their sum"


def test_whoever_is_told_at_home_is_told_of_this_too(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    templates = variant(replace(told(), notices_email="security@example.com"))
    subscription = templates[FORWARD].properties("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "security@example.com")


def test_nothing_has_to_come_home_from_home() -> None:
    assert places(replace(told(), region="us-east-1", home_region="us-east-1")) == {}
    assert list(places(replace(told(), regions=("eu-west-1",)))) == ["us-east-1"]
    assert places(replace(told(), region=None)) == {}


def test_only_runbooks_for_what_is_global_need_it() -> None:
    assert {runbook.subject.regional for runbook in CATALOGUE.values()} == {True, False}


def test_it_sends_a_heartbeat_of_its_own(forward: Template) -> None:
    beat = forward.properties("AWS::Scheduler::Schedule")
    assert beat["Target"]["Arn"] == f"arn:aws:events:us-east-1:{HOME}:event-bus/default"
    assert beat["Target"]["RoleArn"] == f"arn:aws:iam::{HOME}:role/ringfence-beat"
    assert beat["Target"]["EventBridgeParameters"] == {"DetailType": DETAIL_TYPE, "Source": SOURCE}


def test_a_schedule_may_put_nothing_but_heartbeats_on_the_bus(member: Template) -> None:
    (role,) = [
        one["Properties"]
        for one in member.all(ROLE).values()
        if one["Properties"]["RoleName"] == "ringfence-beat"
    ]
    (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {"StringEquals": {"events:source": [SOURCE]}}
