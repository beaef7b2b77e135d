"""A runbook's pipeline: who may send to it, how its times fit, and what rings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.core.guardduty import PATTERN_LIMIT
from ringfence.core.measures import NOT_CONTAINED, TIME_TO_CONTAINMENT, Measure
from ringfence.runbooks import CATALOGUE
from stacks.times import CONTAIN, CONTINUE

if TYPE_CHECKING:
    from stacks.times import QueueTimes
    from tests.stacks.synthesis import Template

QUEUE, FUNCTION, MAPPING = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"
RULE, ALARM = "AWS::Events::Rule", "AWS::CloudWatch::Alarm"
BOTH = pytest.mark.parametrize(
    ("queue", "function", "times"),
    [
        ("ringfence-contain-instance", "respond.handler", CONTAIN),
        ("ringfence-contain-instance-continuation", "respond.resume", CONTINUE),
    ],
)


def queue_named(response: Template, name: str) -> tuple[str, dict[str, Any]]:
    (found,) = [
        (id_, one["Properties"])
        for id_, one in response.all(QUEUE).items()
        if one["Properties"]["QueueName"] == name
    ]
    return found


def function_with(response: Template, handler: str) -> tuple[str, dict[str, Any]]:
    (found,) = [
        (id_, one["Properties"])
        for id_, one in response.all(FUNCTION).items()
        if one["Properties"]["Handler"] == handler
    ]
    return found


def policy_of(response: Template, queue: str) -> list[dict[str, Any]]:
    (policy,) = [
        one["Properties"]["PolicyDocument"]["Statement"]
        for one in response.all("AWS::SQS::QueuePolicy").values()
        if one["Properties"]["Queues"] == [{"Ref": queue}]
    ]
    statements: list[dict[str, Any]] = policy
    return statements


def rule_arns(response: Template) -> list[dict[str, Any]]:
    return [{"Fn::GetAtt": [rule, "Arn"]} for rule in response.all(RULE)]


def test_the_rules_are_the_triggers_patterns(response: Template) -> None:
    declared = [
        pattern
        for runbook in CATALOGUE.values()
        for trigger in runbook.triggers
        for pattern in trigger.patterns()
    ]
    deployed = [one["Properties"]["EventPattern"] for one in response.all(RULE).values()]
    assert deployed == declared


def test_every_pattern_is_within_the_services_limit(response: Template) -> None:
    for rule in response.all(RULE).values():
        assert len(json.dumps(rule["Properties"]["EventPattern"])) <= PATTERN_LIMIT


def test_every_rule_is_on_and_delivers_to_the_runbooks_queue_or_sets_aside(response: Template) -> None:
    main, _ = queue_named(response, "ringfence-contain-instance")
    dead, _ = queue_named(response, "ringfence-contain-instance-dead-letters")
    for rule in response.all(RULE).values():
        assert rule["Properties"]["State"] == "ENABLED"
        (target,) = rule["Properties"]["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [main, "Arn"]}
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [dead, "Arn"]}}


def test_the_queue_takes_messages_from_its_rules_and_from_nobody_else(response: Template) -> None:
    main, _ = queue_named(response, "ringfence-contain-instance")
    rules = rule_arns(response)
    sends = [one for one in policy_of(response, main) if one["Action"] == "sqs:SendMessage"]
    allow, deny = sorted(sends, key=lambda one: one["Effect"])
    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    assert deny["Condition"] == {"ArnNotEquals": {"aws:SourceArn": rules}}


def test_no_service_may_send_to_the_continuation_queue(response: Template) -> None:
    second, _ = queue_named(response, "ringfence-contain-instance-continuation")
    assert {one["Effect"] for one in policy_of(response, second)} == {"Deny"}


def test_eventbridge_may_use_the_queues_key_for_this_account(response: Template) -> None:
    (allowed,) = [
        one
        for one in response.properties("AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if one["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert allowed["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_every_queue_is_encrypted_with_a_key_of_our_own(response: Template, audit: Template) -> None:
    for template in (response, audit):
        key, _ = template.only("AWS::KMS::Key")
        for queue in template.all(QUEUE).values():
            assert queue["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}


@BOTH
def test_visibility_exceeds_the_functions_time_by_seconds(
    response: Template, queue: str, function: str, times: QueueTimes
) -> None:
    _, given = queue_named(response, queue)
    _, reader = function_with(response, function)
    assert reader["Timeout"] == times.timeout
    assert 0 < given["VisibilityTimeout"] - reader["Timeout"] <= 10


@BOTH
def test_what_is_given_up_on_is_kept_two_weeks(
    response: Template, queue: str, function: str, times: QueueTimes
) -> None:
    del function
    _, given = queue_named(response, queue)
    dead, kept = queue_named(response, f"{queue}-dead-letters")
    assert given["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
        "maxReceiveCount": times.receives,
    }
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600


@BOTH
def test_messages_are_delivered_one_by_one(
    response: Template, queue: str, function: str, times: QueueTimes
) -> None:
    source, _ = queue_named(response, queue)
    target, _ = function_with(response, function)
    (mapping,) = [
        one["Properties"]
        for one in response.all(MAPPING).values()
        if one["Properties"]["EventSourceArn"] == {"Fn::GetAtt": [source, "Arn"]}
    ]
    assert mapping["FunctionName"] == {"Ref": target}
    assert mapping["BatchSize"] == 1
    assert "MaximumBatchingWindowInSeconds" not in mapping
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": times.concurrency}


@BOTH
def test_each_function_is_told_its_own_queue(
    response: Template, queue: str, function: str, times: QueueTimes
) -> None:
    del times
    source, _ = queue_named(response, queue)
    second, _ = queue_named(response, "ringfence-contain-instance-continuation")
    told = function_with(response, function)[1]["Environment"]["Variables"]
    assert told["RINGFENCE_RUNBOOK"] == "contain-instance"
    assert told["RINGFENCE_ROLE"] == "ringfence-contain-instance"
    assert told["RINGFENCE_QUEUE_URL"] == {"Ref": source}
    assert told["RINGFENCE_CONTINUATION_QUEUE_URL"] == {"Ref": second}
    assert {"RINGFENCE_AUDIT_TABLE", "RINGFENCE_CONTROL_TABLE"} <= told.keys()


def test_both_functions_run_the_same_code_in_the_same_role(response: Template) -> None:
    first, second = (function_with(response, name)[1] for name in ("respond.handler", "respond.resume"))
    assert first["Code"] == second["Code"]
    assert first["Role"] == second["Role"]


@BOTH
def test_it_rings_on_failures_dead_letters_and_waiting(
    response: Template, queue: str, function: str, times: QueueTimes
) -> None:
    target, _ = function_with(response, function)
    source, _ = queue_named(response, queue)
    dead, _ = queue_named(response, f"{queue}-dead-letters")
    watched = {
        (
            one["MetricName"],
            one["Dimensions"][0]["Value"].get("Ref") or one["Dimensions"][0]["Value"]["Fn::GetAtt"][0],
        ): one["Threshold"]
        for alarm in response.all(ALARM).values()
        if (one := alarm["Properties"])["Namespace"] in {"AWS/SQS", "AWS/Lambda"}
    }
    assert watched[("Errors", target)] == 0
    assert watched[("ApproximateNumberOfMessagesVisible", dead)] == 0
    assert watched[("ApproximateAgeOfOldestMessage", source)] == times.late


@pytest.mark.parametrize(("metric", "most"), [(TIME_TO_CONTAINMENT, 60), (NOT_CONTAINED, 0)])
def test_it_rings_on_the_metrics_that_the_functions_emit(
    response: Template, metric: str, most: float
) -> None:
    measure = Measure(metric, runbook="contain-instance")
    (alarm,) = [
        one["Properties"] for one in response.all(ALARM).values() if one["Properties"]["MetricName"] == metric
    ]
    assert (alarm["Namespace"], alarm["Threshold"]) == ("Ringfence", most)
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == measure.dimensions


def test_every_alarm_tells_the_notices_topic_and_missing_data_is_no_alarm(
    response: Template, audit: Template
) -> None:
    alarms = [*response.all(ALARM).values(), *audit.all(ALARM).values()]
    assert len(alarms) == 16
    for alarm in alarms:
        (action,) = alarm["Properties"]["AlarmActions"]
        assert "Notices" in json.dumps(action)
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"
        assert alarm["Properties"]["AlarmDescription"].endswith((".", "?"))
