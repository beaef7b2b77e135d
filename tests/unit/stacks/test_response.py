"""A runbook's pipeline: who may send to it, how its times fit, and what rings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail.trigger.root import ROOT_USE
from ringfence.events.cloudtrail.trigger.undoing import undoing_patterns
from ringfence.events.heartbeat import DETAIL_TYPE, SOURCE
from ringfence.events.heartbeat import pattern as heartbeats
from ringfence.events.patterns import OWN_API, PATTERN_LIMIT, WITH_READS, filled
from ringfence.handlers.heartbeats import EVERY
from ringfence.model.resource_names import schedule_role
from ringfence.record.measures import CHECKPOINT, HEARTBEAT, NOT_CONTAINED, TIME_TO_CONTAINMENT, Measure
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.times import CONTAIN, CONTINUE, RECHECK
from tests.support.synthesis import HOME

if TYPE_CHECKING:
    from stacks.times import QueueTimes
    from tests.support.synthesis import Template

BEATS = heartbeats((HOME,), ("eu-west-1",))
QUEUE, FUNCTION, MAPPING = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"
RULE, ALARM = "AWS::Events::Rule", "AWS::CloudWatch::Alarm"
UNDONE = [id_ for id_, one in CATALOGUE.items() if one.undone_by]
BOTH = pytest.mark.parametrize(
    ("queue", "handler", "times"),
    [
        (f"ringfence-{id_}{end}", handler, times)
        for id_ in CATALOGUE
        for end, handler, times in (
            ("", "respond.handler", CONTAIN),
            ("-continuation", "respond.resume", CONTINUE),
            ("-recheck", "recheck.handler", RECHECK),
        )
        if end != "-recheck" or id_ in UNDONE
    ],
)
EACH = pytest.mark.parametrize("runbook", CATALOGUE)
HEARD = pytest.mark.parametrize("source", [*CATALOGUE, *(f"{id_}-recheck" for id_ in UNDONE)])
"""Each queue that takes events, without its prefix."""


def queue_named(response: Template, name: str) -> tuple[str, dict[str, Any]]:
    (found,) = [
        (id_, one["Properties"])
        for id_, one in response.all(QUEUE).items()
        if one["Properties"]["QueueName"] == name
    ]
    return found


def function_of(response: Template, queue: str) -> tuple[str, dict[str, Any]]:
    """Return the function that reads a queue, whose name it bears."""
    (found,) = [
        (id_, one["Properties"])
        for id_, one in response.all(FUNCTION).items()
        if one["Properties"]["FunctionName"] == queue
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


def rules_of(response: Template, runbook: str) -> dict[str, dict[str, Any]]:
    """Return the rules that deliver to a runbook's queue."""
    main, _ = queue_named(response, f"ringfence-{runbook}")
    return {
        id_: one["Properties"]
        for id_, one in response.all(RULE).items()
        if [target["Arn"] for target in one["Properties"]["Targets"]] == [{"Fn::GetAtt": [main, "Arn"]}]
    }


def rule_arns(response: Template, runbook: str) -> list[dict[str, Any]]:
    return [{"Fn::GetAtt": [rule, "Arn"]} for rule in rules_of(response, runbook)]


@EACH
def test_the_rules_are_the_triggers_patterns(response: Template, runbook: str) -> None:
    (api,) = response.all("AWS::ApiGatewayV2::Api")
    text = json.dumps([filled(one, HOME) for one in CATALOGUE[runbook].patterns()])
    declared = [*json.loads(text.replace(json.dumps(OWN_API), json.dumps({"Ref": api}))), BEATS]
    assert [one["EventPattern"] for one in rules_of(response, runbook).values()] == declared


@pytest.mark.parametrize("runbook", UNDONE)
def test_calls_that_undo_a_containment_have_rules_and_a_queue_apart_from_findings(
    response: Template, runbook: str
) -> None:
    declared = [*(filled(one, HOME) for one in undoing_patterns(CATALOGUE[runbook])), BEATS]
    rules = rules_of(response, f"{runbook}-recheck")
    assert [one["EventPattern"] for one in rules.values()] == declared
    names = {name for one in declared[:-1] for name in one["detail"]["eventName"]}  # type: ignore[index]  # a pattern is JSON
    assert names == {name for calls in CATALOGUE[runbook].undone_by for name in calls.names}


def test_only_containments_can_be_undone() -> None:
    assert UNDONE == ["contain-instance", "contain-credentials"]


def test_every_rule_delivers_to_the_queue_of_one_runbook_or_of_heartbeats(response: Template) -> None:
    sources = (*CATALOGUE, *(f"{id_}-recheck" for id_ in UNDONE), "heartbeat")
    delivering = [rule for source in sources for rule in rules_of(response, source)]
    assert sorted(delivering) == sorted(response.all(RULE))


def test_every_pattern_is_within_the_services_limit(response: Template) -> None:
    for rule in response.all(RULE).values():
        assert len(json.dumps(rule["Properties"]["EventPattern"])) <= PATTERN_LIMIT


STREAMS = ("archive", "notify", "control")


@HEARD
def test_every_rule_is_on_and_what_it_cannot_deliver_is_set_aside(response: Template, source: str) -> None:
    dead, _ = queue_named(response, f"ringfence-{source}-dead-letters")
    for rule in rules_of(response, source).values():
        assert rule["State"] in {"ENABLED", WITH_READS}
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [dead, "Arn"]}}


def test_only_the_rule_for_uses_of_the_root_user_delivers_calls_that_only_read(response: Template) -> None:
    """EventBridge delivers Describe, Get and List calls in this state alone."""
    found = [one["Properties"] for one in response.all(RULE).values()]
    assert [one["EventPattern"] for one in found if one["State"] == WITH_READS] == list(ROOT_USE.patterns())


@HEARD
def test_the_queue_takes_messages_from_its_rules_and_from_nobody_else(
    response: Template, source: str
) -> None:
    """But for the function that puts dead letters back for operators, and the intake in the first queues."""
    main, _ = queue_named(response, f"ringfence-{source}")
    rules = rule_arns(response, source)
    sends = [one for one in policy_of(response, main) if one["Action"] == "sqs:SendMessage"]
    allow, deny = sorted(sends, key=lambda one: one["Effect"])
    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    names = ("operate",) if source.endswith("-recheck") else ("operate", "intake")
    senders = [f"arn:aws:iam::{HOME}:role/ringfence-{name}-function" for name in names]
    assert deny["Condition"] == {"ArnNotEquals": {"aws:SourceArn": rules, "aws:PrincipalArn": senders}}


def test_people_and_other_roles_put_nothing_on_a_dead_letter_queue(response: Template) -> None:
    """An operator can replay its messages. AWS services are principals without an ARN."""
    found = [
        id_
        for id_, queue in response.all("AWS::SQS::Queue").items()
        if queue["Properties"]["QueueName"].endswith("-dead-letters")
    ]
    assert len(found) > len(CATALOGUE)
    for id_ in found:
        (deny,) = [one for one in policy_of(response, id_) if one.get("Sid") == "SetAside"]
        assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sqs:SendMessage")
        roles = deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        assert f"arn:aws:iam::{HOME}:role/ringfence-heartbeat-schedule" in roles
        assert all(one.endswith("-schedule") or one.split("-")[-2] in STREAMS for one in roles)
        assert deny["Condition"]["Null"] == {"aws:PrincipalArn": "false"}


@BOTH
def test_nobody_but_the_runbook_s_functions_gets_a_receipt_handle_and_nobody_purges(
    response: Template, queue: str, handler: str, times: QueueTimes
) -> None:
    del handler, times
    runbook = next(id_ for id_ in CATALOGUE if queue.startswith(f"ringfence-{id_}"))
    id_, _ = queue_named(response, queue)
    (deny,) = [one for one in policy_of(response, id_) if one.get("Sid") == "HandledBy"]
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    assert deny["Action"] == [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:PurgeQueue",
        "sqs:ReceiveMessage",
    ]
    assert principals(deny) == [f"ringfence-{runbook}-function"]


@EACH
def test_only_the_runbook_s_functions_operators_and_approvals_continue(
    response: Template, runbook: str
) -> None:
    id_, _ = queue_named(response, f"ringfence-{runbook}-continuation")
    (deny,) = [one for one in policy_of(response, id_) if one.get("Sid") == "SentBy"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sqs:SendMessage")
    assert principals(deny) == [
        f"ringfence-{runbook}-function",
        "ringfence-operate-function",
        "ringfence-approvals-schedule",
    ]


def principals(deny: dict[str, Any]) -> list[str]:
    """Return the names of the roles that a statement spares."""
    spared = deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    return [str(one).rpartition("/")[2] for one in (spared if isinstance(spared, list) else [spared])]


@EACH
def test_no_service_may_send_to_the_continuation_queue(response: Template, runbook: str) -> None:
    second, _ = queue_named(response, f"ringfence-{runbook}-continuation")
    assert {one["Effect"] for one in policy_of(response, second)} == {"Deny"}


def test_eventbridge_may_use_the_queues_key_for_this_account(response: Template) -> None:
    (allowed,) = [
        one
        for one in response.properties("AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if one["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert allowed["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def key_of(template: Template, response: Template) -> dict[str, Any]:
    """Return the reference to a stack's own key, or to the exported one of the response stack."""
    for id_ in template.all("AWS::KMS::Key"):
        return {"Fn::GetAtt": [id_, "Arn"]}
    exported = [
        one["Export"]["Name"]
        for one in response.body["Outputs"].values()
        if one["Value"] == {"Fn::GetAtt": [response.only("AWS::KMS::Key", "Key")[0], "Arn"]}
    ]
    return {"Fn::ImportValue": exported[0]}


def test_every_queue_is_encrypted_and_dead_letters_do_not_depend_on_the_queues_key(
    response: Template, audit: Template, intake: Template
) -> None:
    """A mistake in the policy of that key would otherwise keep events from both, and nothing would ring."""
    for template in (response, audit, intake):
        for queue in template.all(QUEUE).values():
            given = queue["Properties"]
            if given["QueueName"].endswith("-dead-letters"):
                assert given["SqsManagedSseEnabled"] is True
                assert "KmsMasterKeyId" not in given
            else:
                assert given["KmsMasterKeyId"] == key_of(template, response)


@HEARD
def test_it_rings_if_eventbridge_cannot_deliver(response: Template, source: str) -> None:
    rules = rules_of(response, source)
    heard = {
        metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"]
        for alarm in response.all(ALARM).values()
        if alarm["Properties"]["AlarmName"].startswith(f"ringfence-{source}-undelivered-")
        for metric in alarm["Properties"]["Metrics"]
        if "MetricStat" in metric
    }
    assert heard == rules.keys()


@BOTH
def test_visibility_exceeds_the_functions_time_by_seconds(
    response: Template, queue: str, handler: str, times: QueueTimes
) -> None:
    _, given = queue_named(response, queue)
    _, reader = function_of(response, queue)
    assert reader["Handler"] == handler
    assert reader["Timeout"] == times.timeout
    assert 0 < given["VisibilityTimeout"] - reader["Timeout"] <= 10


@BOTH
def test_what_is_given_up_on_is_kept_two_weeks(
    response: Template, queue: str, handler: str, times: QueueTimes
) -> None:
    del handler
    _, given = queue_named(response, queue)
    dead, kept = queue_named(response, f"{queue}-dead-letters")
    assert given["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
        "maxReceiveCount": times.receives,
    }
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600


@BOTH
def test_messages_are_delivered_one_by_one(
    response: Template, queue: str, handler: str, times: QueueTimes
) -> None:
    source, _ = queue_named(response, queue)
    del handler
    target, _ = function_of(response, queue)
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
    response: Template, queue: str, handler: str, times: QueueTimes
) -> None:
    del handler, times
    runbook = queue.removeprefix("ringfence-").removesuffix("-continuation").removesuffix("-recheck")
    source, _ = queue_named(response, queue)
    second, _ = queue_named(response, f"ringfence-{runbook}-continuation")
    told = function_of(response, queue)[1]["Environment"]["Variables"]
    assert told["RINGFENCE_RUNBOOK"] == runbook
    assert told["RINGFENCE_ROLE"] == f"ringfence-{runbook}"
    assert told["RINGFENCE_QUEUE_URL"] == {"Ref": source}
    assert told["RINGFENCE_CONTINUATION_QUEUE_URL"] == {"Ref": second}
    assert {"RINGFENCE_AUDIT_TABLE", "RINGFENCE_CONTROL_TABLE"} <= told.keys()


@EACH
def test_both_functions_run_the_same_code_in_the_same_role(response: Template, runbook: str) -> None:
    names = (f"ringfence-{runbook}", f"ringfence-{runbook}-continuation")
    first, second = (function_of(response, name)[1] for name in names)
    assert first["Code"] == second["Code"]
    assert first["Role"] == second["Role"]


@BOTH
def test_it_rings_on_failures_dead_letters_and_waiting(
    response: Template, queue: str, handler: str, times: QueueTimes
) -> None:
    del handler
    target, _ = function_of(response, queue)
    source, _ = queue_named(response, queue)
    dead, _ = queue_named(response, f"{queue}-dead-letters")
    watched = {
        (
            one["MetricName"],
            one["Dimensions"][0]["Value"].get("Ref") or one["Dimensions"][0]["Value"]["Fn::GetAtt"][0],
        ): one["Threshold"]
        for alarm in response.all(ALARM).values()
        if (one := alarm["Properties"]).get("Namespace") in {"AWS/SQS", "AWS/Lambda"}
    }
    assert watched[("Errors", target)] == 0
    assert watched[("ApproximateNumberOfMessagesVisible", dead)] == 0
    assert watched[("ApproximateAgeOfOldestMessage", source)] == times.late


@pytest.mark.parametrize("runbook", [id_ for id_, one in CATALOGUE.items() if not one.closes_when_complete])
@pytest.mark.parametrize(("metric", "most"), [(TIME_TO_CONTAINMENT, 60), (NOT_CONTAINED, 0)])
def test_it_rings_on_the_metrics_that_the_functions_emit(
    response: Template, metric: str, most: float, runbook: str
) -> None:
    measure = Measure(metric, runbook=runbook)
    (alarm,) = [
        found
        for one in response.all(ALARM).values()
        if (found := one["Properties"]).get("MetricName") == metric
        and {each["Name"]: each["Value"] for each in found["Dimensions"]} == measure.dimensions
    ]
    assert (alarm["Namespace"], alarm["Threshold"]) == ("Ringfence", most)


ARRIVES = (
    *(f"{id_}{end}" for id_ in CATALOGUE for end in ("", "-continuation")),
    *(f"{id_}-recheck" for id_ in UNDONE),
    *("archive", "control", "heartbeat", "notify"),
)
"""Each link that a heartbeat goes through."""


def test_silence_of_each_link_is_an_alarm(response: Template, audit: Template) -> None:
    alarms = [*response.all(ALARM).values(), *audit.all(ALARM).values()]
    silent = {
        one["Properties"]["AlarmName"]: one["Properties"]
        for one in alarms
        if one["Properties"]["AlarmName"].endswith("-silent")
    }
    assert silent.keys() == {f"ringfence-{link}-silent" for link in ARRIVES}
    for link in ARRIVES:
        alarm = silent[f"ringfence-{link}-silent"]
        assert alarm["TreatMissingData"] == "breaching"
        measure = Measure(HEARTBEAT, link=link)
        assert (alarm["MetricName"], alarm["Statistic"]) == (measure.name, "Sum")
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == measure.dimensions
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
        assert alarm["Period"] * alarm["EvaluationPeriods"] == 2 * EVERY.total_seconds()


def test_the_home_region_sends_itself_a_heartbeat(response: Template) -> None:
    beat = response.properties(SCHEDULE, "Beats")
    assert beat["ScheduleExpression"] == f"rate({EVERY.total_seconds() / 60:g} minutes)"
    assert beat["Target"]["EventBridgeParameters"] == {"DetailType": DETAIL_TYPE, "Source": SOURCE}
    assert beat["Target"]["Arn"] == f"arn:aws:events:eu-west-1:{HOME}:event-bus/default"


def test_every_alarm_tells_the_notices_topic_and_missing_data_is_only_an_alarm_for_heartbeats(
    response: Template, audit: Template
) -> None:
    every = [*response.all(ALARM).values(), *audit.all(ALARM).values()]
    found = [one for one in every if one["Properties"]["AlarmName"] != "ringfence-notices-unheard"]
    alarms = [one for one in found if "-undelivered-" not in one["Properties"]["AlarmName"]]
    reviewed = [one for one in CATALOGUE.values() if one.review]
    containing = [one for one in CATALOGUE.values() if not one.closes_when_complete]
    silent = [one for one in alarms if one["Properties"]["AlarmName"].endswith("-silent")]
    late = [one for one in alarms if one["Properties"]["MetricName"] == CHECKPOINT]
    assert len(silent) == len(ARRIVES)
    others = [one for one in alarms if one not in silent]
    assert len(others) == 21 + 6 * len(CATALOGUE) + 3 * len(UNDONE) + 2 * len(containing) + len(reviewed)
    for alarm in found:
        (action,) = alarm["Properties"]["AlarmActions"]
        assert "Notices" in json.dumps(action)
        assert alarm["Properties"]["TreatMissingData"] == (
            "breaching" if alarm in (*silent, *late) else "notBreaching"
        )
        assert alarm["Properties"]["AlarmDescription"].endswith((".", "?"))


def test_what_keeps_notices_from_people_is_told_on_the_other_topic(audit: Template) -> None:
    """SNS counts itself, and an alarm about a topic must not need that topic."""
    named = {one["Properties"]["AlarmName"]: one["Properties"] for one in audit.all(ALARM).values()}
    alarm = named["ringfence-notices-unheard"]
    stats = [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
    names = {"NumberOfNotificationsFailed", "NumberOfNotificationsFilteredOut"}
    assert {one["MetricName"] for one in stats} == names
    assert all("Notices" in json.dumps(one["Dimensions"]) for one in stats)
    (action,) = alarm["AlarmActions"]
    assert "Escalations" in json.dumps(action)
    policies = audit.all("AWS::SNS::TopicPolicy").values()
    (policy,) = [one for one in policies if "Escalations" in json.dumps(one["Properties"]["Topics"])]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert {"Service": "cloudwatch.amazonaws.com"} in [one["Principal"] for one in statements]


SCHEDULED = {
    **{f"{id_}-review": one.review.schedule for id_, one in CATALOGUE.items() if one.review},
    **{f"{id_}-recheck": CATALOGUE[id_].verified_every for id_ in UNDONE},
}
"""What is done on a schedule, and on which."""
EACH_SCHEDULED = pytest.mark.parametrize("name", SCHEDULED)
SCHEDULE = "AWS::Scheduler::Schedule"


def schedule_of(response: Template, name: str) -> dict[str, Any]:
    (found,) = [
        one["Properties"]
        for one in response.all(SCHEDULE).values()
        if one["Properties"]["Name"] == f"ringfence-{name}"
    ]
    properties: dict[str, Any] = found
    return properties


@EACH_SCHEDULED
def test_it_is_done_on_its_schedule_by_a_function_of_its_own(response: Template, name: str) -> None:
    runbook, _, what = name.rpartition("-")
    given = schedule_of(response, name)
    function, properties = function_of(response, f"ringfence-{name}")
    assert (given["ScheduleExpression"], given["ScheduleExpressionTimezone"]) == (SCHEDULED[name], "UTC")
    assert (given["State"], given["FlexibleTimeWindow"]) == ("ENABLED", {"Mode": "OFF"})
    assert given["Target"]["Arn"] == {"Fn::GetAtt": [function, "Arn"]}
    assert properties["Handler"] == f"{what}.handler"
    assert properties["Environment"]["Variables"]["RINGFENCE_RUNBOOK"] == runbook
    first = function_of(response, f"ringfence-{runbook}")[1]
    assert (properties["Role"], properties["Code"]) == (first["Role"], first["Code"])


@EACH_SCHEDULED
def test_a_schedule_may_invoke_its_function_and_set_aside_what_it_cannot(
    response: Template, name: str
) -> None:
    runbook, _, what = name.rpartition("-")
    function, _ = function_of(response, f"ringfence-{name}")
    source = runbook if what == "review" else name
    dead, _ = queue_named(response, f"ringfence-{source}-dead-letters")
    target = schedule_of(response, name)["Target"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [dead, "Arn"]}}
    (role,) = [
        one["Properties"]
        for id_, one in response.all("AWS::IAM::Role").items()
        if {"Fn::GetAtt": [id_, "Arn"]} == target["RoleArn"]
    ]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert role["RoleName"] == schedule_role(runbook, what)
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    (policy,) = role["Policies"]
    assert [one["Action"] for one in policy["PolicyDocument"]["Statement"]] == [
        "lambda:InvokeFunction",
        "sqs:SendMessage",
    ]
    assert policy["PolicyDocument"]["Statement"][0]["Resource"] == {"Fn::GetAtt": [function, "Arn"]}


def test_each_minute_the_function_that_tells_of_pauses_is_asked_to_with_its_schedules_role(
    response: Template,
) -> None:
    by_name = {one["Properties"]["Name"]: one["Properties"] for one in response.all(SCHEDULE).values()}
    pauses, hourly = by_name["ringfence-pauses"], by_name["ringfence-heartbeat"]
    assert pauses["ScheduleExpression"] == "rate(1 minute)"
    assert pauses["Target"]["Input"] == '{"pauses": true}'
    for shared in ("Arn", "RoleArn"):
        assert pauses["Target"][shared] == hourly["Target"][shared]


def test_nothing_else_is_scheduled(response: Template) -> None:
    names = {one["Properties"]["Name"] for one in response.all(SCHEDULE).values()}
    assert names == {f"ringfence-{name}" for name in (*SCHEDULED, "beat", "heartbeat", "pauses")}


def test_the_schedules_of_approvals_may_only_send_to_the_second_queues(response: Template) -> None:
    (role,) = [
        one["Properties"]
        for one in response.all("AWS::IAM::Role").values()
        if one["Properties"].get("RoleName") == "ringfence-approvals-schedule"
    ]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert set(trust["Condition"]["StringEquals"]) == {"aws:SourceAccount"}
    actions = [
        action
        for policy in role["Policies"]
        for one in policy["PolicyDocument"]["Statement"]
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    ]
    assert set(actions) == {"sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"}
