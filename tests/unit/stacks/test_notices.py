"""Who can publish to the topics of notices: the functions and the alarms of Ringfence, and nobody else."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME, allowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.synthesis import Template

TOPIC = f"arn:aws:sns:eu-west-1:{HOME}:any"


def policies(template: Template) -> Iterator[list[dict[str, Any]]]:
    """Yield the statements of each topic's policy."""
    for one in template.all("AWS::SNS::TopicPolicy").values():
        yield one["Properties"]["PolicyDocument"]["Statement"]


def alarms_of(statement: dict[str, Any]) -> str:
    """Return the pattern of the alarms that may publish, without its region and account."""
    condition = statement["Condition"]
    assert set(condition) == {"StringEquals", "ArnLike"}
    assert set(condition["StringEquals"]) == {"aws:SourceAccount"}
    arn = json.dumps(condition["ArnLike"]["aws:SourceArn"])
    assert ":cloudwatch:" in arn
    assert "*" not in arn.partition(":alarm:")[0], "of one region and account"
    return arn.partition(":alarm:")[2].rstrip('"]} ')


def test_every_topic_has_a_policy(templates: Mapping[str, Template]) -> None:
    for template in templates.values():
        assert len(list(policies(template))) == len(template.all("AWS::SNS::Topic"))


def test_aws_services_publish_nothing_but_alarms_with_the_names_of_ringfence(
    templates: Mapping[str, Template],
) -> None:
    """Who may create an alarm, a rule or another subscription chooses texts, and can name our topic."""
    found = [one for each in templates.values() for policy in policies(each) for one in policy]
    allowed = [one for one in found if one["Effect"] == "Allow"]
    assert allowed
    for one in allowed:
        assert one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert one["Action"] == "sns:Publish"
        pattern = alarms_of(one)
        assert not fnmatchcase("invoice-of-mallory", pattern)
        assert not fnmatchcase("my-ringfence-alarm", pattern)


def test_every_alarm_of_ringfence_may_publish(templates: Mapping[str, Template]) -> None:
    found = [one for each in templates.values() for policy in policies(each) for one in policy]
    (pattern,) = {alarms_of(one) for one in found if one["Effect"] == "Allow"}
    alarms = [one for each in templates.values() for one in each.all("AWS::CloudWatch::Alarm").values()]
    assert alarms
    assert all(fnmatchcase(one["Properties"]["AlarmName"], pattern) for one in alarms)


def test_no_administrator_publishes_a_notice(templates: Mapping[str, Template]) -> None:
    """Not even to the topics of other regions, to which no function publishes."""
    for template in templates.values():
        for policy in policies(template):
            denied = [{**one, "Resource": TOPIC} for one in policy if one.get("Sid") == "NobodyElsePublishes"]
            document = {"Version": "2012-10-17", "Statement": denied}
            who = f"arn:aws:iam::{HOME}:user/mallory"
            assert is_denied_by_resource(document, who, "sns:Publish", TOPIC)


def test_every_function_that_iam_allows_to_publish_may_publish_to_the_topic(
    templates: Mapping[str, Template], audit: Template
) -> None:
    names = {
        one["Properties"]["RoleName"]
        for each in templates.values()
        for one in each.all("AWS::IAM::Role").values()
        if any(action == "sns:Publish" for action, _, _ in allowed(one["Properties"]))
    }
    assert {"ringfence-scans-function", "ringfence-network-function"} <= names
    for policy in policies(audit):
        denied = [{**one, "Resource": TOPIC} for one in policy if one.get("Sid") == "NobodyElsePublishes"]
        document = {"Version": "2012-10-17", "Statement": denied}
        who = {name: f"arn:aws:iam::{HOME}:role/{name}" for name in names}
        assert [
            n for n, arn in who.items() if is_denied_by_resource(document, arn, "sns:Publish", TOPIC)
        ] == []


def test_every_schedule_may_set_failed_invocations_aside(templates: Mapping[str, Template]) -> None:
    """The policy of a dead-letter queue denies it to others, whatever IAM allows."""
    for template in templates.values():
        queues = template.all("AWS::SQS::QueuePolicy").values()
        may = {
            one["Properties"]["Queues"][0]["Ref"]: str(one["Properties"]["PolicyDocument"]) for one in queues
        }
        for schedule in template.all("AWS::Scheduler::Schedule").values():
            target = schedule["Properties"]["Target"]
            dead = target.get("DeadLetterConfig", {}).get("Arn", {}).get("Fn::GetAtt", [""])[0]
            if dead:
                role = template.body["Resources"][target["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
                assert f":role/{role['RoleName']}" in may[dead], role["RoleName"]
