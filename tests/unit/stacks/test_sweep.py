"""The sweeps in the template of the intake: their schedules, their queue, and who may send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ringfence.policy.sweeps import sweeps_from_json
from ringfence.record.measures import FOUND_BY_SWEEP, HEARTBEAT
from tests.support.synthesis import HOME, told

if TYPE_CHECKING:
    from tests.support.synthesis import Template

OWN = f"arn:aws:iam::{HOME}:role/ringfence-sweep-function"


def schedules(intake: Template) -> dict[str, dict[str, Any]]:
    """Return the schedules by the sweep that they name."""
    found = (one["Properties"] for one in intake.all("AWS::Scheduler::Schedule").values())
    return {json.loads(one["Target"]["Input"])["sweep"]: one for one in found}


def test_each_sweep_of_the_policy_has_a_schedule_with_its_rate(intake: Template) -> None:
    given = sweeps_from_json(told().policy)
    found = {name: one["ScheduleExpression"] for name, one in schedules(intake).items()}
    assert found == dict(given.rates())
    assert found["guardduty-severe"] == "rate(15 minutes)"


def test_a_schedule_that_fails_is_tried_again_and_then_set_aside(intake: Template) -> None:
    for one in schedules(intake).values():
        assert one["State"] == "ENABLED"
        assert one["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 2
        assert one["Target"]["DeadLetterConfig"]


def test_the_function_of_the_sweeps_alone_sends_to_their_queue_and_it_may_send_to_the_intake(
    intake: Template,
) -> None:
    names = {id_: one["Properties"]["QueueName"] for id_, one in intake.all("AWS::SQS::Queue").items()}
    denied = {}
    for one in intake.all("AWS::SQS::QueuePolicy").values():
        (queue,) = (names[each["Ref"]] for each in one["Properties"]["Queues"])
        for statement in one["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny" and "ArnNotEquals" in statement.get("Condition", {}):
                denied[queue, statement["Sid"]] = statement["Condition"]["ArnNotEquals"]
    assert denied["ringfence-sweep", "SentBy"] == {"aws:PrincipalArn": [OWN]}
    assert OWN in denied["ringfence-intake", "NobodyElse"]["aws:PrincipalArn"]


def test_an_alarm_rings_for_what_a_sweep_found_and_for_sweeps_that_stopped(intake: Template) -> None:
    alarms = {
        one["Properties"]["AlarmName"]: one["Properties"]
        for one in intake.all("AWS::CloudWatch::Alarm").values()
    }
    assert alarms["ringfence-found-by-sweep"]["MetricName"] == FOUND_BY_SWEEP
    silent = alarms["ringfence-sweep-silent"]
    assert (silent["MetricName"], silent["TreatMissingData"]) == (HEARTBEAT, "breaching")
    assert silent["EvaluationPeriods"] * silent["Period"] <= 7 * 24 * 3600
