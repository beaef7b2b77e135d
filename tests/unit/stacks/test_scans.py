"""The stack of scheduled scans: it is optional, and its function may only read, store and tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.errors import BadInput
from ringfence.model.scan_places import FINDINGS_URL, POINTS
from ringfence.self_check.places import HOME_STACKS, OPTIONAL_STACKS
from stacks import needs
from stacks.names import SCANS_STACK
from stacks.scan_settings import ScanSettings, scan_settings
from stacks.settings import ROOT, Settings
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME, MEMBER, allowed, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.synthesis import Template

ON = "rate(1 day)"
OWN = f"arn:aws:iam::{HOME}:role/ringfence-scans-function"


def function(scans: Template) -> dict[str, Any]:
    return scans.properties("AWS::Lambda::Function")


def test_the_stack_is_optional_and_the_self_check_knows_it(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    assert SCANS_STACK in OPTIONAL_STACKS
    assert SCANS_STACK not in HOME_STACKS
    assert scan_settings(lambda _: None, ROOT) == ScanSettings()
    assert SCANS_STACK not in variant(told())


def test_the_schedule_begins_a_scan_as_the_setting_says_and_failures_are_set_aside(scans: Template) -> None:
    schedule = scans.properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == ON
    assert schedule["Target"]["DeadLetterConfig"]
    policies = [one["Properties"] for one in scans.all("AWS::SQS::QueuePolicy").values()]
    denied = [
        statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        for one in policies
        for statement in one["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "SetAside"
    ]
    assert f"arn:aws:iam::{HOME}:role/ringfence-scans-schedule" in denied[0]


def test_the_function_alone_sends_to_its_queue_and_writes_results(scans: Template) -> None:
    denied = {
        statement["Sid"]: statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        for one in scans.all("AWS::SQS::QueuePolicy").values()
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid") in {"SentBy", "HandledBy"}
    }
    assert denied == {"SentBy": [OWN], "HandledBy": [OWN]}
    document = scans.properties("AWS::S3::BucketPolicy")["PolicyDocument"]
    arn = "arn:aws:s3:::results/results/x"
    plain = {
        **document,
        "Statement": [
            {**one, "Resource": ["arn:aws:s3:::results", "arn:aws:s3:::results/*"]}
            for one in document["Statement"]
            if one.get("Sid", "").startswith("Nobody")
        ],
    }
    assert is_denied_by_resource(plain, f"{OWN}-2", "s3:PutObject", arn)
    assert not is_denied_by_resource(plain, OWN, "s3:PutObject", arn)
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert is_denied_by_resource(plain, OWN, action, arn)
    assert is_denied_by_resource(plain, OWN, "s3:PutLifecycleConfiguration", "arn:aws:s3:::results")


def test_the_function_assumes_the_role_of_scans_in_each_account_and_no_other(scans: Template) -> None:
    (role,) = (
        one["Properties"]
        for one in scans.all("AWS::IAM::Role").values()
        if one["Properties"]["RoleName"] == "ringfence-scans-function"
    )
    assumes = {resource for action, resource, _ in allowed(role) if action == "sts:AssumeRole"}
    assert assumes == {f"arn:aws:iam::{account}:role/ringfence-scan" for account in (HOME, MEMBER)}


def test_results_expire_and_summaries_stay(scans: Template) -> None:
    bucket = scans.properties("AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {one["Prefix"]: one["ExpirationInDays"] for one in rules} == {
        "results/": 365,
        "not-looked-at/": 365,
    }


def test_the_function_may_hand_violations_over_only_if_the_policy_names_its_role(
    scans: Template, scoped: Settings, variant: Callable[[Settings], dict[str, Template]]
) -> None:
    """Without it, it has neither the permission nor the address."""
    (invoke,) = needs.HAND_OVER
    assert FINDINGS_URL not in function(scans)["Environment"]["Variables"]
    assert f"'{invoke.action}'" not in str(scans.body)
    other = variant(replace(scoped, hands_scans_over=True))[SCANS_STACK]
    assert FINDINGS_URL in function(other)["Environment"]["Variables"]
    assert f"'{invoke.action}'" in str(other.body)


def test_the_policys_senders_decide_whether_violations_are_handed_over(tmp_path: Path) -> None:
    sender = f"- {{role: '{OWN}', subjects: ['bucket/*'], mode: dry-run}}"
    text = (ROOT / "policy.yaml").read_text("utf-8")
    (tmp_path / "policy.yaml").write_text(f"{text}\nsenders:\n  {sender}\n", "utf-8")
    given = told(policy=str(tmp_path / "policy.yaml"), scheduled_scans=ON)
    assert given.hands_scans_over
    assert not told(scheduled_scans=ON).hands_scans_over


def test_settings_have_defaults_and_are_passed_on(scans: Template) -> None:
    given = scan_settings({"scheduled_scans": ON}.get, ROOT)
    assert (given.points, given.days) == (5, 365)
    assert len(given.rules) > 60
    assert function(scans)["Environment"]["Variables"][POINTS] == "5"


def test_own_rules_can_be_used_alone_with_manual_controls_or_with_the_shipped_ones(tmp_path: Path) -> None:
    required = "required_properties: {AWS::S3::Bucket: {BucketName: x}}"
    rule = f"{{name: mine, resource_types: [AWS::S3::Bucket], {required}}}"
    (tmp_path / "mine.yaml").write_text(f"compliance_rules: [{rule}]", "utf-8")
    alone = scan_settings({"scheduled_scans": ON, "scan_rules": "mine.yaml"}.get, tmp_path)
    assert [one.name for one in alone.rules] == ["mine"]
    assert alone.manual == ()
    manual = "manual_controls: [{name: training, owner: hr@example.com}]"
    (tmp_path / "people.yaml").write_text(manual, "utf-8")
    people = scan_settings({"scheduled_scans": ON, "scan_rules": "mine.yaml people.yaml"}.get, tmp_path)
    assert [one.name for one in people.manual] == ["training"]
    both = scan_settings({"scheduled_scans": ON, "scan_rules": "mine.yaml, library"}.get, tmp_path)
    assert len(both.rules) > 60


@pytest.mark.parametrize("given", ["rate(1 day)", "rate(12 hours)", "rate(10 days)", "cron(0 3 * * ? *)"])
def test_an_expression_of_the_scheduler_is_accepted(given: str) -> None:
    assert scan_settings({"scheduled_scans": given}.get, ROOT).schedule == given


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"scheduled_scans": "daily"}, "scheduled_scans"),
        ({"scheduled_scans": "rate(5 minutes)"}, "scheduled_scans"),
        ({"scheduled_scans": "rate(1 days)"}, "scheduled_scans"),
        ({"scheduled_scans": "rate(0 days)"}, "scheduled_scans"),
        ({"scan_drop": "5"}, "scan_drop"),
        ({"scheduled_scans": ON, "scan_drop": "-1"}, "scan_drop"),
        ({"scheduled_scans": ON, "scan_drop": "five"}, "scan_drop"),
        ({"scheduled_scans": ON, "scan_rules": "nowhere"}, "scan_rules"),
        ({"scheduled_scans": ON, "scan_results_days": "1e3"}, "scan_results_days"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        scan_settings(given.get, ROOT)
