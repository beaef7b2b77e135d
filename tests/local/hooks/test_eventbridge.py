"""EventBridge of the local AWS takes the services' events and delivers them as on AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.patterns import WITH_READS
from ringfence.local.hooks.eventbridge import as_scheduled

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER_ACCOUNT = "444455556666"
FORWARDER = "arn:aws:iam::111122223333:role/forward"


def publish(events: Any, source: str, **detail: Any) -> None:
    entry = {"Source": source, "DetailType": "GuardDuty Finding", "Detail": json.dumps(detail)}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0


def add_rule(events: Any, name: str, pattern: dict[str, Any], target: dict[str, Any]) -> None:
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    assert events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])["FailedEntryCount"] == 0


@pytest.fixture
def events(aws: Any) -> Any:
    return aws.client("events")


def test_a_call_that_only_reads_reaches_rules_in_one_state_alone(
    events: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    """A rule in the state ENABLED gets the other calls, and so does one that gets reads."""
    with_reads, without = make_queue(), make_queue()
    pattern = json.dumps({"source": ["aws.iam"], "detail": {"test": [unique]}})
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    for name, queue, rule_state in (("r", with_reads, state), ("w", without, "ENABLED")):
        events.put_rule(Name=f"{unique}{name}", EventPattern=pattern, State=rule_state)
        events.put_targets(Rule=f"{unique}{name}", Targets=[{"Id": "t", "Arn": queue.arn}])
    for name, read_only in (("ListUsers", True), ("CreateUser", False)):
        detail = {"eventName": name, "readOnly": read_only, "managementEvent": True, "test": unique}
        entry = {
            "Source": "aws.iam",
            "DetailType": "AWS API Call via CloudTrail",
            "Detail": json.dumps(detail),
        }
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert {one["detail"]["eventName"] for one in with_reads.take(2)} == {"ListUsers", "CreateUser"}
    assert [one["detail"]["eventName"] for one in without.take(1)] == ["CreateUser"]


def test_an_event_of_a_service_reaches_the_queue_of_the_rule_it_matches(
    events: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    queue = make_queue()
    pattern = {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Finding"],
        "detail": {
            "type": [{"prefix": "Backdoor:EC2/"}],
            "severity": [{"numeric": [">=", 4]}],
            "test": [unique],
        },
    }
    add_rule(events, unique, pattern, {"Arn": queue.arn})
    publish(events, "aws.guardduty", type="Recon:EC2/Portscan", severity=8, test=unique)
    publish(events, "aws.guardduty", type="Backdoor:EC2/C&CActivity.B", severity=2, test=unique)
    publish(events, "aws.guardduty", type="Backdoor:EC2/C&CActivity.B", severity=8, test=unique)
    (delivered,) = queue.take(1)
    assert (delivered["source"], delivered["detail"]["severity"]) == ("aws.guardduty", 8)
    assert queue.waiting() == 0


def test_a_function_that_fails_is_invoked_again(
    events: Any, make_function: Callable[..., str], make_queue: Callable[..., Any], unique: str
) -> None:
    queue = make_queue()
    source = """
        import boto3, os
        sqs = boto3.client("sqs")
        def handler(event, context):
            sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody='"attempt"')
            raise ValueError("no")
    """
    function = make_function(source, Environment={"Variables": {"QUEUE": queue.url}})
    add_rule(events, unique, {"source": [unique]}, {"Arn": function})
    publish(events, unique)
    assert queue.take(3) == ["attempt"] * 3


def test_an_event_for_a_target_that_is_gone_goes_to_the_targets_dead_letter_queue(
    events: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    queue, dead_letters = make_queue(), make_queue()
    target = {"Arn": queue.arn, "DeadLetterConfig": {"Arn": dead_letters.arn}}
    add_rule(events, unique, {"source": [unique]}, target)
    queue.client.delete_queue(QueueUrl=queue.url)
    publish(events, unique, lost=True)
    (dead,) = dead_letters.take(1)
    assert dead["detail"] == {"lost": True}


@pytest.mark.parametrize("allowed", [True, False])
def test_another_accounts_bus_takes_an_event_if_its_policy_allows_and_the_event_keeps_its_account(
    aws: Any, events: Any, make_queue: Callable[..., Any], unique: str, *, allowed: bool
) -> None:
    home = aws.client("events", account=OTHER_ACCOUNT)
    queue, local = make_queue(account=OTHER_ACCOUNT), make_queue()
    bus = home.create_event_bus(Name=unique)["EventBusArn"]
    if allowed:
        home.put_permission(
            EventBusName=unique, Action="events:PutEvents", Principal=aws.account, StatementId="home"
        )
    home.put_rule(Name=unique, EventBusName=unique, EventPattern=json.dumps({"source": [unique]}))
    home.put_targets(Rule=unique, EventBusName=unique, Targets=[{"Id": "t", "Arn": queue.arn}])
    add_rule(events, unique, {"source": [unique]}, {"Arn": bus, "RoleArn": FORWARDER})
    add_rule(events, f"{unique}-local", {"source": [unique]}, {"Arn": local.arn})
    publish(events, unique)
    assert len(local.take(1)) == 1
    assert [event["account"] for event in queue.take(int(allowed))] == [aws.account] * allowed
    assert queue.waiting() == 0


def test_a_bus_of_another_region_takes_an_event_and_the_event_keeps_its_region(
    aws: Any, events: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    elsewhere = aws.client("events", region="eu-west-1")
    queue = make_queue(region="eu-west-1")
    add_rule(elsewhere, unique, {"source": [unique]}, {"Arn": queue.arn})
    default = f"arn:aws:events:eu-west-1:{aws.account}:event-bus/default"
    add_rule(events, unique, {"source": [unique]}, {"Arn": default, "RoleArn": FORWARDER})
    publish(events, unique)
    assert [event["region"] for event in queue.take(1)] == [aws.region]


def test_a_rule_that_also_delivers_calls_that_only_read_is_on(
    events: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    queue = make_queue()
    pattern = {"source": ["aws.guardduty"], "detail": {"test": [unique]}}
    add_rule(events, unique, pattern, {"Arn": queue.arn})
    events.put_rule(Name=unique, EventPattern=json.dumps(pattern), State=WITH_READS)
    publish(events, "aws.guardduty", test=unique)
    assert len(queue.take(1)) == 1
    events.disable_rule(Name=unique)
    publish(events, "aws.guardduty", test=unique)
    assert queue.waiting() == 0


def test_a_schedule_puts_the_event_that_its_target_names_on_the_bus() -> None:
    delivered: list[dict[str, Any]] = []
    own = {"Source": "aws.scheduler", "DetailType": "Scheduled Event", "Detail": "{}", "Region": "eu-west-1"}
    named = {"Source": "ringfence.heartbeat", "DetailType": "Ringfence heartbeat"}

    def original(_target: Any, event: Any, _rule: Any, view: Any) -> None:
        delivered.append(event)
        assert view is None

    as_scheduled(original, {"EventBridgeParameters": named, "Input": '{"a": 1}'}, own, {})
    as_scheduled(original, {"Arn": "a queue"}, own, {})
    assert delivered == [{**own, **named, "Detail": '{"a": 1}'}, own]
