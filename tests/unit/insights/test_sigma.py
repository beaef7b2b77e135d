"""Sigma rules for CloudTrail become rules for activity, and what cannot be expressed is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.sent.form import finding_of
from ringfence.insights.activity.evaluate import found_in
from ringfence.insights.activity.rule import Once, Rule
from ringfence.insights.activity.stories import call, sign_in
from ringfence.insights.sigma import rules_of
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from ringfence.insights.activity.selecting import Record

HEAD = """
title: {title}
id: 055fb148-60f8-462d-ad16-26926ce050f1
status: test
logsource:
    product: aws
    service: cloudtrail
tags:
    - attack.persistence
    - attack.t1098.001
level: high
detection:
"""


def sigma(detection: str, title: str = "Login profile was modified") -> str:
    return HEAD.format(title=title) + "\n".join(f"    {line}" for line in detection.strip().splitlines())


def rule(detection: str) -> Rule:
    (found,) = rules_of(sigma(detection), "rule.yml")
    assert isinstance(found, Rule)
    return found


def finds(detection: str, record: Record) -> bool:
    return bool(found_in(rule(detection), [record]))


LOGIN = """
selection:
    eventSource: iam.amazonaws.com
    eventName:
        - UpdateLoginProfile
        - CreateLoginProfile
filter:
    userIdentity.userName|fieldref: requestParameters.userName
condition: selection and not filter
"""

NO_MFA = "s1:\n    eventName: ConsoleLogin\ns2:\n    additionalEventData.MFAUsed: 'No'"
NETWORK = "s:\n    sourceIPAddress|cidr: 203.0.113.0/24\ncondition: s"
LISTED = "s:\n    requestParameters.l.id: b\ncondition: s"


def test_a_rule_keeps_its_level_and_technique_and_the_names_of_its_calls() -> None:
    found = rule(LOGIN)
    assert found.id == "sigma-login-profile-was-modified-055fb148"
    assert (found.severity, found.technique, found.runbook) == ("high", "T1098.001", "report-findings")
    assert isinstance(found.detects, Once)
    assert (found.detects.calls.service, found.detects.calls.names) == (
        "iam",
        ("CreateLoginProfile", "UpdateLoginProfile"),
    )


def test_its_finding_has_the_form_that_the_intake_accepts() -> None:
    (found,) = found_in(rule(LOGIN), [call("iam:CreateLoginProfile", {"userName": "bob"})])
    assert finding_of(found.finding())


@pytest.mark.parametrize(
    ("detection", "record", "expected"),
    [
        (LOGIN, call("iam:CreateLoginProfile", {"userName": "bob"}), True),
        (LOGIN, call("iam:CreateLoginProfile", {"userName": "alice"}), False),
        (LOGIN, call("iam:DeleteLoginProfile", {"userName": "bob"}), False),
        ("s:\n    eventName|startswith: create\ncondition: s", call("iam:CreateUser"), True),
        ("s:\n    eventName|startswith|cased: create\ncondition: s", call("iam:CreateUser"), False),
        ("s:\n    eventName|contains|all: [Create, User]\ncondition: s", call("iam:CreateUser"), True),
        ("s:\n    eventName|contains|all: [Create, Role]\ncondition: s", call("iam:CreateUser"), False),
        ("s:\n    eventName|re: '^(Create|Put)'\ncondition: s", call("iam:CreateUser"), True),
        ("s:\n    eventName|re: '^create'\ncondition: s", call("iam:CreateUser"), False),
        ("s:\n    eventName|re|i: '^create'\ncondition: s", call("iam:CreateUser"), True),
        (
            NETWORK,
            call("a:B", address="203.0.113.9"),
            True,
        ),
        (NETWORK, call("a:B", address="x.com"), False),
        ("s:\n    errorCode: null\ncondition: s", call("a:B"), True),
        ("s:\n    errorCode|exists: true\ncondition: s", call("a:B"), False),
        ("s:\n    errorCode: '*AccessDenied*'\ncondition: s", call("a:B", error="AccessDenied"), True),
        ("s:\n    requestParameters.open: true\ncondition: s", call("a:B", {"open": True}), True),
        ("s:\n    requestParameters.open: 'true'\ncondition: s", call("a:B", {"open": True}), True),
        ("s:\n    requestParameters.port: 22\ncondition: s", call("a:B", {"port": 22}), True),
        ("s:\n    requestParameters.port|lt: 1024\ncondition: s", call("a:B", {"port": 22}), True),
        ("s:\n    requestParameters.port|gte: 1024\ncondition: s", call("a:B", {"port": 22}), False),
        ("s:\n    requestParameters.port|lt: 1024\ncondition: s", call("a:B", {"port": "all"}), False),
        (
            LISTED,
            call("a:B", {"l": [{"id": "a"}, {"id": "b"}]}),
            True,
        ),
        (
            f"{NO_MFA}\ncondition: all of s*",
            sign_in("alice", mfa=False),
            True,
        ),
        (
            "s1:\n    eventName: X\ns2:\n    additionalEventData.MFAUsed: 'No'\ncondition: 1 of s*",
            sign_in("alice", mfa=False),
            True,
        ),
    ],
)
def test_conditions_mean_what_sigma_says(detection: str, record: Record, expected: object) -> None:
    assert finds(detection, record) is expected


def test_a_rule_without_names_of_calls_is_about_any_call() -> None:
    found = rule("s1:\n    eventName: X\ns2:\n    userAgent: evil\ncondition: 1 of s*")
    assert isinstance(found.detects, Once)
    assert (found.detects.calls.service, found.detects.calls.names) == ("", ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (sigma("keywords:\n    - evil\ncondition: keywords"), "keywords without a field"),
        (sigma("s:\n    a|expand: '%list%'\ncondition: s"), "placeholder"),
        (sigma("s:\n    a|fieldref|startswith: b\ncondition: s"), "part of another field"),
        (sigma("s:\n    eventTime|hour: 3\ncondition: s"), "SigmaTimestampPart of eventTime"),
        (sigma("s:\n    a: b\ncondition: s").replace("product: aws", "product: okta"), "log source"),
        (sigma("s:\n    a: b\ncondition: t"), "t"),
        ("a: [", "YAML"),
        ("- 1", "Sigma"),
        ("title: x", "Sigma"),
    ],
)
def test_what_cannot_be_imported_is_named_with_the_reason(text: str, words: str) -> None:
    (found,) = rules_of(text, "rule.yml")
    assert isinstance(found, BadInput)
    assert found.field == "rule.yml"
    assert words in str(found)


CORRELATION = """
title: Many failed sign-ins
name: many
correlation:
    type: event_count
    rules: [failed]
    group-by: [userIdentity.arn]
    timespan: 10m
    condition:
        gte: 10
"""


def test_of_several_rules_in_a_file_each_is_imported_or_named() -> None:
    first = sigma("s:\n    eventName: CreateUser\ncondition: s").replace("title:", "name: failed\ntitle:")
    found = list(rules_of(f"{first}\n---{CORRELATION}", "rules.yml"))
    assert [type(one) for one in found] == [Rule, BadInput]
    assert "correlation" in str(found[1])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: x\n - name: x\nb: [", "is not YAML: mapping values are not allowed here at line 2 column"),
        ("title: x\n\x00", "is not YAML: unacceptable character"),
    ],
)
def test_what_is_no_yaml_is_named_in_one_line_with_its_place(text: str, told: str) -> None:
    (found,) = rules_of(text, "rule.yml")
    assert str(found).startswith(f"rule.yml: {told}")
    assert "\n" not in str(found)
