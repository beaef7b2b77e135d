"""Which verdicts of AWS Config are answered, that the patterns agree, and what rules are called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.config.trigger import identifier, judged_by, managed_name
from ringfence.events.patterns import PATTERN_LIMIT
from tests.support.delivery import Delivery
from tests.support.samples.config import verdict
from tests.support.samples.guardduty import changed
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

SSH, PUBLIC = "restricted-ssh", "s3-bucket-public-read-prohibited"
RULES = Delivery(judged_by(SSH, PUBLIC, "iam-password-policy"))
BUCKET = "AWS::S3::Bucket"
AFFIXED = (
    "securityhub-{}-8vo5hh",
    "securityhub-{}-55c8a7cd",
    "OrgConfigRule-{}-dbgzf8ba",
    "{}-conformance-pack-szsm1uv0w",
)


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = judged_by(SSH)
    assert (trigger.id, trigger.types) == ("config-rules", ("Config:restricted-ssh",))
    assert hash(trigger)


@pytest.mark.parametrize("affixes", ["{}", *AFFIXED])
@pytest.mark.parametrize("name", [SSH, PUBLIC])
def test_a_rule_is_known_by_its_name_and_with_what_services_put_around_it(affixes: str, name: str) -> None:
    event = verdict(affixes.format(name), BUCKET, "reports")
    assert managed_name(affixes.format(name)) == name
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize(
    "rule",
    [
        "nacl-no-unrestricted-ssh-rdp",
        "restricted-ssh-rdp",
        "my-restricted-ssh",
        "restricted-ssh-8vo5hh",
        "securityhub-restricted-ssh",
        "securityhub-my-restricted-ssh-8vo5hh",
        "OrgConfigRule-org-restricted-ssh-dbgzf8ba",
        "orgconfigrule-restricted-ssh-dbgzf8ba",
        "Restricted-ssh",
    ],
)
def test_a_rule_whose_name_only_holds_another_is_neither_delivered_nor_answered(rule: str) -> None:
    event = verdict(rule, BUCKET, "reports")
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@pytest.mark.parametrize(
    "rule",
    ["securityhub-restricted-ssh-rdp-8vo5hh", "restricted-ssh-conformance-pack-", "x-securityhub-y-8vo5hh"],
)
def test_what_follows_a_known_beginning_is_read_to_its_end(rule: str) -> None:
    """EventBridge has few wildcards to give, so a rule of this beginning may be delivered for nothing."""
    assert RULES.answered(verdict(rule, BUCKET, "reports")) is False


@pytest.mark.parametrize(
    "event",
    [
        verdict(SSH, BUCKET, "reports", compliance="COMPLIANT"),
        verdict(SSH, BUCKET, "reports", compliance="NOT_APPLICABLE"),
        verdict(SSH, BUCKET, "reports", compliance="INSUFFICIENT_DATA"),
        changed(verdict(SSH, BUCKET, "reports"), "detail-type", "Config Rules Re-evaluation Status"),
        changed(verdict(SSH, BUCKET, "reports"), "source", "aws.ec2"),
    ],
)
def test_what_is_not_for_us_is_neither_delivered_nor_answered(event: dict[str, object]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


names = st.from_regex(r"[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,4}", fullmatch=True)


@given(name=names, affixes=st.sampled_from(AFFIXED))
def test_affixes_are_taken_off_once(name: str, affixes: str) -> None:
    assert managed_name(affixes.format(name)) == name


@given(st.text(max_size=40))
def test_any_other_name_is_left_as_it_is(name: str) -> None:
    assert managed_name(name) in name


@given(
    rule=st.sampled_from([*(one.format(SSH) for one in AFFIXED), SSH, "other", "-", "a b"]),
    compliance=st.sampled_from(["NON_COMPLIANT", "COMPLIANT", ""]),
    source=st.sampled_from(["aws.config", "aws.s3", "mine"]),
)
def test_pattern_and_code_agree(rule: str, compliance: str, source: str) -> None:
    event = verdict(rule, BUCKET, "reports", compliance=compliance)
    assert RULES.agrees({**event, "source": source})


def test_patterns_are_valid_and_within_the_limit_however_many_rules_there_are() -> None:
    many = Delivery(judged_by(*(f"s3-bucket-number-{number}-is-as-it-must-be" for number in range(40))))
    assert len(many.patterns) > 1
    assert not many.errors()
    assert all(len(pattern) <= PATTERN_LIMIT for pattern in many.patterns)
    event = verdict("s3-bucket-number-39-is-as-it-must-be", BUCKET, "reports")
    assert many.count(event) == 1


def test_identifiers_are_those_that_are_published() -> None:
    rules = json.loads(shared_file("data/config_managed_rules.json").read_text("utf-8"))["rules"]
    assert len(rules) == 302
    assert not [one["name"] for one in rules if identifier(one["name"]) != one["identifier"]]


def test_no_published_name_is_taken_for_another_with_affixes() -> None:
    rules = json.loads(shared_file("data/config_managed_rules.json").read_text("utf-8"))["rules"]
    assert not [one["name"] for one in rules if managed_name(one["name"]) != one["name"]]


def test_pattern_and_code_agree_on_the_shared_corpus() -> None:
    assert not [name for name, event in shared_events().items() if not RULES.agrees(event)]
