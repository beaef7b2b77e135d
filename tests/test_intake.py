"""From a finding to orders."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ringfence.core.chain import ChainKey, Stamp, link
from ringfence.core.finding import Finding
from ringfence.core.policy import Mode, Policy
from ringfence.intake import EVENT_LENGTH, Execution, answers
from ringfence.orders import Order
from ringfence.runbooks import CONTAIN_INSTANCE
from ringfence.sources.guardduty import parse_text
from tests.samples.guardduty import ACCOUNT, changed, instance_finding
from tests.worlds import LEASE, NOON

ITEM_LIMIT = 400 * 1024
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""
POLICY = Policy((ACCOUNT,), default=Mode.AUTO)


def ordered(text: str) -> Order:
    """Return the order that an event about one instance leads to."""
    finding = parse_text(text)
    assert isinstance(finding, Finding)
    execution = Execution("a-1", "ringfence", NOON + LEASE)
    (order,) = answers(finding, text, CONTAIN_INSTANCE, POLICY, execution)
    assert isinstance(order, Order)
    return order


def entry_length(order: Order) -> int:
    """Return the length of the entry that records the finding."""
    assert order.finding
    key = ChainKey(order.runbook.id, order.ref.key)
    (entry,) = link(Stamp(key, "inc-1", "ringfence", "a-1", NOON), None, (order.finding,))
    return len(entry.body)


def test_an_event_is_kept_as_it_came() -> None:
    text = json.dumps(instance_finding())
    received = ordered(text).finding
    assert received
    assert received.event == text


@given(char=st.sampled_from('aé\u4e2d\U0001f600"\\'), count=st.integers(1, 64_000))
def test_however_a_finding_is_filled_its_entry_can_be_written(char: str, count: int) -> None:
    """Tags and command lines are an intruder's to choose; 256 KB reach us."""
    filled = changed(instance_finding(), "detail.resource.instanceDetails.tags", [{"value": char * count}])
    text = json.dumps(filled, ensure_ascii=False)
    assert entry_length(ordered(text)) < ITEM_LIMIT
    assert entry_length(ordered(text)) < 2 * EVENT_LENGTH
