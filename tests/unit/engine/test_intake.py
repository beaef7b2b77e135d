"""From a finding to orders."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.intake import (
    EVENT_LENGTH,
    MOST_SUBJECTS,
    ExecutionContext,
    Skipped,
    answers,
    continuation,
    resumed,
    watchdog,
)
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.results import ResponseResult
from ringfence.local.samples.guardduty import ACCOUNT, changed, instance_finding
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.subject import Ref
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.parsing import parse_text
from tests.support.samples.runbooks import CONTAIN
from tests.support.worlds import LEASE, NOON, REF, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEM_LIMIT = 400 * 1024
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""
POLICY = Policy((ACCOUNT,), default=Mode.AUTO)
THIS = ExecutionContext("request-1", "ringfence-contain-instance", NOON + LEASE)
AUTO_POLICY = Policy((REF.account,), default=Mode.AUTO)


def answered(given: Finding, policy: Policy = AUTO_POLICY) -> Iterator[ResponseRequest | Skipped]:
    """Turn a finding into orders for a runbook of our own."""
    return answers(given, "{}", CONTAIN, policy, THIS)


def ordered(text: str) -> ResponseRequest:
    """Return the order that an event about one instance leads to."""
    finding = parse_text(text)
    assert isinstance(finding, Finding)
    execution = ExecutionContext("a-1", "ringfence", NOON + LEASE)
    (order,) = answers(finding, text, CONTAIN_INSTANCE, POLICY, execution)
    assert isinstance(order, ResponseRequest)
    return order


def entry_length(order: ResponseRequest) -> int:
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


def test_of_a_finding_about_many_subjects_each_record_names_its_own_and_can_be_written() -> None:
    """A verdict on an account is about each of its public snapshots: an intruder may make thousands."""
    refs = tuple(replace(REF, id=f"i-{number:017x}") for number in range(5_000))
    requests = list(answered(finding(subjects=refs).finding))
    assert len(requests) == len(refs)
    for ref, one in list(zip(refs, requests, strict=True))[::1_000]:
        assert isinstance(one, ResponseRequest)
        assert one.finding
        assert (one.ref, one.finding.finding.subjects) == (ref, (ref,))
        assert entry_length(one) < ITEM_LIMIT


def test_of_a_finding_about_a_few_subjects_each_record_names_all() -> None:
    refs = tuple(replace(REF, id=f"i-{number:017x}") for number in range(MOST_SUBJECTS))
    for one in answered(finding(subjects=refs).finding):
        assert isinstance(one, ResponseRequest)
        assert one.finding
        assert one.finding.finding.subjects == refs


@given(char=st.sampled_from('aé\u4e2d\U0001f600"\\'), count=st.integers(1, 64_000))
def test_however_a_finding_is_filled_its_entry_can_be_written(char: str, count: int) -> None:
    """Tags and command lines are an intruder's to choose; 256 KB reach us."""
    filled = changed(instance_finding(), "detail.resource.instanceDetails.tags", [{"value": char * count}])
    text = json.dumps(filled, ensure_ascii=False)
    assert entry_length(ordered(text)) < ITEM_LIMIT
    assert entry_length(ordered(text)) < 2 * EVENT_LENGTH


def test_each_subject_that_the_runbook_is_for_gets_an_order_of_its_own_for_the_first_stage() -> None:
    other = InstanceRef(REF.account, REF.region, "i-0000abcd")
    elsewhere = Ref(REF.account, REF.region, "a-bucket")
    orders = list(answered(finding(subjects=(REF, elsewhere, other)).finding))
    assert [one.ref for one in orders] == [REF, other]
    assert {getattr(one, "stages", None) for one in orders} == {1}


def test_what_the_policy_turns_off_is_left_alone_and_the_reason_kept() -> None:
    (left,) = answered(finding().finding, replace(AUTO_POLICY, accounts=()))
    assert isinstance(left, Skipped)
    assert left.decision.mode is Mode.OFF
    assert "is not in the policy's scope" in left.decision.reason


def test_an_order_acts_for_its_execution_with_what_the_policy_chooses() -> None:
    chosen = RunbookSettings(("isolate-instance", "imds-off"), (("group", "standby"),))
    policy = replace(AUTO_POLICY, runbooks=((CONTAIN.id, chosen),))
    (given,) = answered(finding().finding, policy)
    assert isinstance(given, ResponseRequest)
    assert (given.attempt, given.actor, given.until) == (THIS.attempt, THIS.actor, THIS.until)
    assert given.runbook.ids == ("isolate-instance", "imds-off")
    assert given.choices == (("group", "standby"),)


def test_without_a_choice_the_optional_ones_are_left_out() -> None:
    (given,) = answered(finding().finding)
    assert isinstance(given, ResponseRequest)
    assert given.runbook.ids == ("isolate-instance", "leave-group")
    assert given.choices == (("group", "detach"),)


def test_a_continuation_goes_on_with_what_was_begun_for_every_stage() -> None:
    (begun,) = answered(finding().finding)
    assert isinstance(begun, ResponseRequest)
    message = continuation(begun, ResponseResult(IncidentStatus.CONTAINED, "inc-1", "looked again"))
    later = ExecutionContext("request-2", "ringfence", NOON + LEASE)
    on = resumed(message, CONTAIN, later)
    assert (on.ref, on.runbook.ids, on.choices) == (begun.ref, begun.runbook.ids, begun.choices)
    assert (on.incident, on.attempt, on.stages) == ("inc-1", "request-2", None)
    assert on.decision is None, "what may happen is what is recorded"


def test_what_stands_behind_an_execution_names_it_and_no_incident() -> None:
    (begun,) = answered(finding().finding)
    assert isinstance(begun, ResponseRequest)
    on = resumed(watchdog(begun), CONTAIN, ExecutionContext("request-2", "ringfence", NOON + LEASE))
    assert (on.ref, on.runbook.ids, on.choices) == (begun.ref, begun.runbook.ids, begun.choices)
    assert (on.watchdog, on.incident, on.stages, on.decision) == (THIS.attempt, "", None, None)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("version", 2),
        ("version", "1"),
        ("runbook", "harden-bucket"),
        ("subject", "instance/111122223333/eu-west-1"),
        ("subject", "instance/111122223333/eu-west-1/i-x"),
        ("subject", "bucket/111122223333/eu-west-1/b"),
        ("incident", ""),
        ("behind", ["request-1"]),
        ("remediations", "isolate-instance"),
        ("remediations", ["no-such-one"]),
        ("remediations", []),
        ("choices", {"group": "terminate"}),
        ("choices", {"no-such-option": "detach"}),
        ("choices", ["group"]),
    ],
)
def test_a_continuation_with_something_wrong_in_it_is_bad_input(field: str, wrong: object) -> None:
    (begun,) = answered(finding().finding)
    assert isinstance(begun, ResponseRequest)
    message = json.loads(
        continuation(begun, ResponseResult(IncidentStatus.CONTAINED, "inc-1", "looked again"))
    )
    with pytest.raises(BadInput):
        resumed(json.dumps({**message, field: wrong}), CONTAIN, THIS)
    message.pop(field, None)
    if field not in {"choices", "behind"}:  # the choices all have defaults
        with pytest.raises(BadInput):
            resumed(json.dumps(message), CONTAIN, THIS)


@given(st.text() | st.sampled_from(("", "{", "[]", "null", "7", '"x"')))
def test_what_is_no_continuation_is_bad_input(body: str) -> None:
    with pytest.raises(BadInput):
        resumed(body, CONTAIN, THIS)
