"""Which verdicts of AWS Config are answered, that the patterns agree, and what rules are called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.config.names import identifier, managed_name, with_own_names
from ringfence.events.config.trigger import ConfigTrigger, judged_by, own_patterns
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import REGION, changed
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.model.trigger import joined
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery
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


EVERY_TYPE = sorted(
    {
        name
        for one in CATALOGUE.values()
        for trigger in one.triggers
        if isinstance(trigger, ConfigTrigger)
        for name in trigger.types
    }
)
ALL_RULES = [
    Delivery(*(trigger for trigger in joined(one.triggers) if isinstance(trigger, ConfigTrigger)))
    for one in CATALOGUE.values()
]
names = st.from_regex(r"[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,4}", fullmatch=True)


IN_THE_WILD = {
    "securityhub-restricted-rdp-1a2b3c4d": "restricted-rdp",
    "securityhub-vpc-sg-restricted-common-ports-29874e97": "vpc-sg-restricted-common-ports",
    "securityhub-ec2-instance-managed-by-ssm-1a2b3c4d": "ec2-instance-managed-by-systems-manager",
    "securityhub-multi-region-cloud-trail-enabled-1a2b3c4d": "multi-region-cloudtrail-enabled",
    "securityhub-iam-password-policy-minimum-length-check-1a2b3c4d": "iam-password-policy",
    "securityhub-iam-password-policy-recommended-defaults-1a2b3c4d": "iam-password-policy",
    "AWSControlTower_AWS-GR_RESTRICTED_SSH": "restricted-ssh",
    "AWSControlTower_AWS-GR_RESTRICTED_COMMON_PORTS": "restricted-common-ports",
    "AWSControlTower_AWS-GR_S3_BUCKET_PUBLIC_READ_PROHIBITED": "s3-bucket-public-read-prohibited",
    "AWSControlTower_AWS-GR_S3_VERSIONING_ENABLED": "s3-bucket-versioning-enabled",
    "AWSControlTower_AWS-GR_EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK": "ebs-snapshot-public-restorable-check",
    "OrgConfigRule-restricted-ssh-dbgzf8ba": "restricted-ssh",
    "incoming-ssh-disabled-conformance-pack-szsm1uv0w": "restricted-ssh",
    "restricted-incoming-traffic": "restricted-common-ports",
}


@pytest.mark.parametrize(("rule", "name"), IN_THE_WILD.items())
def test_a_rule_is_known_by_the_name_that_services_give_it(rule: str, name: str) -> None:
    rules = Delivery(judged_by(name, "s3-bucket-logging-enabled"))
    event = verdict(rule, BUCKET, "reports")
    assert managed_name(rule) == name
    assert rules.count(event) == 1
    assert rules.answered(event) is True


@pytest.mark.parametrize("name", [one.removeprefix("Config:") for one in EVERY_TYPE])
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "securityhub-{}-1a2b3c4d",
        "OrgConfigRule-{}-dbgzf8ba",
        "{}-conformance-pack-szsm1uv0w",
        "AWSControlTower_AWS-GR_{}",
    ],
)
def test_each_managed_rule_that_a_runbook_answers_is_answered_in_every_form(name: str, form: str) -> None:
    written = name.upper().replace("-", "_") if "Tower" in form else name
    event = verdict(form.format(written), BUCKET, "reports")
    answering = [one for one in ALL_RULES if one.answered(event)]
    assert answering
    assert all(one.count(event) == 1 for one in answering)


def test_an_owners_own_name_is_delivered_and_stands_for_the_managed_rule() -> None:
    names = {"team-no-open-ssh": SSH, "other": "s3-bucket-logging-enabled"}
    (pattern,) = own_patterns(["Config:restricted-ssh"], names)
    assert pattern["detail"] == {
        "configRuleName": ["team-no-open-ssh"],
        "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
    }
    told = findings(verdict("team-no-open-ssh", "AWS::EC2::SecurityGroup", "sg-0a1b2c3d"))
    assert not isinstance(told, NotForUs)
    (named,) = with_own_names(told, names)
    assert named.type == "Config:restricted-ssh"
    assert named.claim == ManagedRule("team-no-open-ssh", "INCOMING_SSH_DISABLED", REGION)
    assert with_own_names(told, {}) == told


def test_a_name_of_its_own_is_confirmed_by_the_identifier_of_the_managed_rule() -> None:
    told = findings(verdict("securityhub-restricted-rdp-1a2b3c4d", "AWS::EC2::SecurityGroup", "sg-0a1b2c3d"))
    assert not isinstance(told, NotForUs)
    assert told[0].claim == ManagedRule(
        "securityhub-restricted-rdp-1a2b3c4d", "RESTRICTED_INCOMING_TRAFFIC", REGION
    )


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
