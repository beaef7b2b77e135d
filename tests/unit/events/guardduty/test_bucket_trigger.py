"""Which GuardDuty findings about buckets are answered, and that the patterns agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.guardduty.trigger.buckets import BUCKET_TYPES, EXPOSED_BUCKET, UNLOGGED_BUCKET
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES
from ringfence.events.guardduty.trigger.credentials import COMPROMISED_CREDENTIALS
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples.guardduty import changed
from ringfence.local.samples.guardduty_callers import bucket_finding
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(EXPOSED_BUCKET, UNLOGGED_BUCKET)


def test_the_triggers_are_triggers() -> None:
    triggers: list[Trigger] = [EXPOSED_BUCKET, UNLOGGED_BUCKET]
    assert [one.id for one in triggers] == ["guardduty-exposed-bucket", "guardduty-unlogged-bucket"]
    assert hash(tuple(triggers))


def test_patterns_are_valid_and_within_the_limit() -> None:
    assert not RULES.errors()
    assert all(len(pattern) < PATTERN_LIMIT for pattern in RULES.patterns)


@pytest.mark.parametrize("type_", sorted(BUCKET_TYPES))
def test_a_finding_about_a_buckets_settings_is_delivered_and_answered(type_: str) -> None:
    event = bucket_finding(type_)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize(
    "type_", ["Policy:S3/AccountBlockPublicAccessDisabled", "Exfiltration:S3/MaliciousIPCaller", "Policy:S3/"]
)
def test_a_finding_about_whoever_called_or_the_account_is_neither(type_: str) -> None:
    event = bucket_finding(type_)
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


def test_what_a_key_did_at_a_bucket_goes_on_being_about_the_key() -> None:
    keys = Delivery(COMPROMISED_CREDENTIALS)
    for name in (one for one in CREDENTIAL_TYPES if ":S3/" in one and "AttackSequence" not in one):
        assert keys.answered(bucket_finding(name)) is True
        assert RULES.answered(bucket_finding(name)) is False


def test_no_finding_is_about_a_bucket_and_about_credentials() -> None:
    assert not BUCKET_TYPES & set(CREDENTIAL_TYPES)


def test_patterns_and_code_agree() -> None:
    events = [bucket_finding(name) for name in (*BUCKET_TYPES, *CREDENTIAL_TYPES)]
    assert all(RULES.agrees(event) for event in events)
    assert all(RULES.agrees(changed(event, "source", "mine")) for event in events)


def test_patterns_and_code_agree_on_the_shared_corpus() -> None:
    assert not [name for name, event in shared_events().items() if not RULES.agrees(event)]
