"""The stack for activity: which calls reach its function, and what the function may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.activity_items import EXPIRES
from ringfence.events.matching import matches
from ringfence.events.patterns import ENABLED, PATTERN_LIMIT, WITH_READS
from ringfence.insights.activity.delivered import NUMBERS, RULES
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.seeing import Seeing, time_of
from ringfence.insights.imported import FILE, from_json
from ringfence.model.errors import BadInput
from ringfence.self_check.places import HOME_STACKS, OPTIONAL_STACKS
from stacks.activity_settings import ActivitySettings
from stacks.bundle import Bundle
from stacks.names import ACTIVITY_STACK
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import COUNTED, HOME, told
from tests.unit.insights.test_sigma import sigma

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.synthesis import Template

OWN = f"arn:aws:iam::{HOME}:role/ringfence-activity-function"


def rules(template: Template) -> list[dict[str, Any]]:
    return [one["Properties"] for one in template.all("AWS::Events::Rule").values()]


def test_its_rules_deliver_each_call_that_a_rule_finds(activity: Template) -> None:
    patterns = [one["EventPattern"] for one in rules(activity)]
    for record in (record for rule in PACK for story in rule.hits for record in story):
        if any(Seeing(PACK).of(record, time_of(record))):
            sign_in = record["eventName"] == "ConsoleLogin"
            kind = f"AWS {'Console Sign In' if sign_in else 'API Call'} via CloudTrail"
            event = {"source": "aws.any", "detail-type": kind, "detail": record}
            assert any(matches(one, event) for one in patterns)


def test_its_rules_deliver_calls_that_only_read_and_fit_into_the_limits(activity: Template) -> None:
    for one in rules(activity):
        changes_only = one["EventPattern"]["detail"].get("readOnly") == [False]
        assert one["State"] == (ENABLED if changes_only else WITH_READS)
    assert len(rules(activity)) < 30
    assert all(len(json.dumps(one["EventPattern"])) < PATTERN_LIMIT for one in rules(activity))
    assert all("DeadLetterConfig" in target for one in rules(activity) for target in one["Targets"])


def test_other_regions_forward_the_same_calls(templates: Mapping[str, Template], activity: Template) -> None:
    (forward,) = (one for name, one in templates.items() if "Forward" in name)
    forwarded = [json.dumps(one["EventPattern"], sort_keys=True) for one in rules(forward)]
    assert {json.dumps(one["EventPattern"], sort_keys=True) for one in rules(activity)} <= set(forwarded)


def test_the_function_alone_writes_the_table_and_its_items_expire(activity: Template) -> None:
    table = activity.properties("AWS::DynamoDB::Table")
    assert table["TimeToLiveSpecification"] == {"AttributeName": EXPIRES, "Enabled": True}
    policy = table["ResourcePolicy"]["PolicyDocument"]
    for action in ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"):
        assert is_denied_by_resource(policy, f"arn:aws:iam::{HOME}:role/Admin", action, "*")
    assert not is_denied_by_resource(policy, OWN, "dynamodb:PutItem", "*")


def test_the_function_knows_the_rules_and_numbers_of_the_context(activity: Template) -> None:
    environment = activity.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    assert environment[RULES] == COUNTED["activity"]
    assert environment[NUMBERS] == COUNTED["activity_numbers"]
    ((one,),) = ([rule for rule in told(**COUNTED).activity.rules if rule.id == "denied-burst"],)
    assert one.numbers["count"] == 30


def test_only_these_rules_send_to_its_queue(activity: Template) -> None:
    names = {id_: one["Properties"]["QueueName"] for id_, one in activity.all("AWS::SQS::Queue").items()}
    for one in activity.all("AWS::SQS::QueuePolicy").values():
        (queue,) = (names[each["Ref"]] for each in one["Properties"]["Queues"])
        statements = {
            each["Sid"]: each for each in one["Properties"]["PolicyDocument"]["Statement"] if "Sid" in each
        }
        if not queue.endswith("dead-letters"):
            sources = statements["NobodyElse"]["Condition"]["ArnNotEquals"]["aws:SourceArn"]
            assert len(sources) == len(rules(activity))


def test_alarms_ring_for_errors_dead_letters_and_calls_that_wait(activity: Template) -> None:
    found = {one["Properties"]["AlarmName"] for one in activity.all("AWS::CloudWatch::Alarm").values()}
    assert {"ringfence-activity-errors", "ringfence-activity-dead-letters", "ringfence-activity-age"} <= found
    assert any(one.startswith("ringfence-activity-undelivered") for one in found)


def test_it_is_a_stack_that_nobody_misses() -> None:
    assert ACTIVITY_STACK in OPTIONAL_STACKS
    assert ACTIVITY_STACK not in HOME_STACKS
    assert told().activity == ActivitySettings()


def test_a_folder_of_sigma_rules_is_imported_and_stored_in_the_code_of_the_function_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "one.yml").write_text(sigma("s:\n    eventName: CreateUser\ncondition: s"), "utf-8")
    settings = told(**{**COUNTED, "activity": "denied-burst", "activity_sigma": str(tmp_path)}).activity
    assert [one.id for one in settings.rules] == ["denied-burst", *(one.id for one in settings.imported)]
    shared = Bundle({}, {})
    own = shared.of_activity(settings.imported)
    (name, text), *others = own.contents.files
    assert (name, from_json(text), others) == (FILE, settings.imported, [])
    assert shared.contents.files == ()
    assert shared.of_activity(()) is shared


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "must be files or folders"),
        ({"a.yml": sigma("s:\n    userAgent: evil\ncondition: s")}, "names no calls"),
        ({"a.yml": "a: ["}, "YAML"),
        (dict.fromkeys(("a.yml", "b.yml"), sigma("s:\n    eventName: A\ncondition: s")), "same id"),
    ],
)
def test_a_sigma_rule_that_cannot_be_deployed_ends_the_synthesis(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(BadInput, match=words) as raised:
        told(**{**COUNTED, "activity_sigma": str(tmp_path)})
    assert raised.value.field == "activity_sigma"


@pytest.mark.parametrize(
    ("context", "field", "words"),
    [
        ({"activity": "all"}, "activity", OWN),
        ({"activity_numbers": "denied-burst.count=30"}, "activity_numbers", "needs activity"),
        ({"activity_sigma": "sigma"}, "activity_sigma", "needs activity"),
        ({**COUNTED, "activity_sigma": "missing"}, "activity_sigma", "files or folders"),
        ({**COUNTED, "activity": "denied-bursts"}, "activity", "denied-burst"),
        ({**COUNTED, "activity_numbers": "denied-burst.many=30"}, "denied-burst", "count"),
    ],
)
def test_a_wrong_setting_is_named(context: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        told(**context)
    assert raised.value.field == field
