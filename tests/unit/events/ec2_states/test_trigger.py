"""Which changes of an instance's state are answered, and that the pattern agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.ec2_states.trigger import STATES, entered
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples.guardduty import changed
from ringfence.local.samples.states import state_change
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(entered("running"))


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = entered("running")
    assert (trigger.id, trigger.types) == ("instance-states", ("EC2:running",))
    assert hash(trigger)


def test_the_pattern_is_valid_and_within_the_limit() -> None:
    every = Delivery(entered(*STATES))
    assert not every.errors()
    assert [len(pattern) < PATTERN_LIMIT for pattern in every.patterns] == [True]


def test_an_instance_that_runs_is_delivered_and_answered() -> None:
    assert RULES.count(state_change()) == 1
    assert RULES.answered(state_change()) is True


@pytest.mark.parametrize(
    "event",
    [
        *(state_change(state) for state in STATES if state != "running"),
        state_change("RUNNING"),
        changed(state_change(), "detail-type", "EC2 Spot Instance Interruption Warning"),
        changed(state_change(), "source", "aws.autoscaling"),
    ],
)
def test_what_is_not_for_us_is_neither_delivered_nor_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@given(state=st.sampled_from([*STATES, "", "on"]), source=st.sampled_from(["aws.ec2", "aws.config", "mine"]))
def test_pattern_and_code_agree(state: str, source: str) -> None:
    assert RULES.agrees({**state_change(state), "source": source})


def test_pattern_and_code_agree_on_the_shared_corpus() -> None:
    events = shared_events()
    assert not [name for name, event in events.items() if not RULES.agrees(event)]
    assert sum(RULES.count(event) for event in events.values()) == 1
