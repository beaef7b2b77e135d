"""Which events of AWS Health are answered, and that the pattern agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.health.trigger import EXPOSED_CREDENTIALS
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples.guardduty import changed
from ringfence.local.samples.health import health_event
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(EXPOSED_CREDENTIALS)


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = EXPOSED_CREDENTIALS
    assert trigger.id == "health-exposed-credentials"
    assert hash(trigger)


def test_the_pattern_is_valid_and_within_the_limit() -> None:
    assert not RULES.errors()
    assert [len(pattern) < PATTERN_LIMIT for pattern in RULES.patterns] == [True]


@pytest.mark.parametrize("code", EXPOSED_CREDENTIALS.types)
@pytest.mark.parametrize("entity", ["AKIA4MADEUPBYUS00001", "deploy-bot", "", "ASIA4MADEUPBYUS00002"])
def test_an_exposure_is_delivered_and_answered_whatever_it_names(code: str, entity: str) -> None:
    event = health_event(entity, code=code)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize(
    "event",
    [
        health_event(code="AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED"),
        health_event(code="AWS_RISK_CREDENTIALS_EXPOSED_TEST"),
        changed(health_event(), "detail-type", "AWS Health Abuse Event"),
        changed(health_event(), "source", "aws.guardduty"),
    ],
)
def test_what_is_not_for_us_is_neither_delivered_nor_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@given(
    code=st.sampled_from([*EXPOSED_CREDENTIALS.types, "AWS_RISK_OTHER", ""]) | st.text(max_size=8),
    source=st.sampled_from(["aws.health", "aws.iam", "aws.guardduty"]),
    detail_type=st.sampled_from(["AWS Health Event", "AWS Health Abuse Event"]),
    entities=st.lists(st.text(max_size=24), max_size=3),
)
def test_pattern_and_code_agree(code: str, source: str, detail_type: str, entities: list[str]) -> None:
    event = health_event(*entities, code=code)
    assert RULES.agrees({**event, "source": source, "detail-type": detail_type})


def test_pattern_and_code_agree_on_the_shared_corpus() -> None:
    events = shared_events()
    assert not [name for name, event in events.items() if not RULES.agrees(event)]
    assert sum(RULES.count(event) for event in events.values()) > 0
