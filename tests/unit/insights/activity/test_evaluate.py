"""How rules are evaluated: windows, keys, hostile records, and what is no record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ringfence.events.sent.form import finding_of
from ringfence.insights.activity.evaluate import Activity, found_in
from ringfence.insights.activity.networks import Networks
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.pack.access import BRUTE_FORCE, NEW_NETWORK
from ringfence.insights.activity.pack.discovery import DENIED
from ringfence.insights.activity.pack.identity import KEY_FOR_ANOTHER, MFA_REMOVED
from ringfence.insights.activity.rule import Calls, Once, Rule, Sequence, Threshold
from ringfence.insights.activity.stories import ABROAD, DAY, MINUTE, OTHER, OWN, call, session, sign_in
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import SESSION, acting_roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from _typeshed import TraceFunction

    from ringfence.insights.activity.selecting import Record

USER = "requestParameters.userName"
ESC = "\x1b[2J\x00\u202e\u2028"


def rule(detects: Once | Threshold | Sequence) -> Rule:
    return Rule("r-1", "a rule", "T1078", "low", detects, "report-findings", "look", (), ())


FIVE = rule(Threshold(Calls("s3", ("GetObject",)), 5, 10))


def reads(*minutes: float) -> list[Record]:
    return [call("s3:GetObject", {"key": str(one)}, one * MINUTE) for one in minutes]


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ((0, 1, 2, 3), []),
        ((0, 1, 2, 3, 4), [5]),
        ((0, 1, 2, 3, 10), [5]),
        ((0, 1, 2, 3, 10.02), []),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), [16]),
        ((0, 1, 2, 3, 4, 60, 61, 62, 63, 64), [5, 5]),
    ],
)
def test_a_threshold_is_reached_within_its_window_and_ends_with_a_pause(
    minutes: tuple[float, ...], found: list[int]
) -> None:
    assert [len(one.sights) for one in found_in(FIVE, reads(*minutes))] == found


def test_different_values_are_counted_once_and_leave_with_the_window() -> None:
    distinct = rule(Threshold(Calls("s3", ("GetObject",)), 3, 10, distinct="requestParameters.key"))
    same = [call("s3:GetObject", {"key": "a"}, one) for one in range(50)]
    assert found_in(distinct, same) == ()
    late = [call("s3:GetObject", {"key": "b"}, 60), call("s3:GetObject", {"key": "c"}, 12 * MINUTE)]
    assert found_in(distinct, [*same, *late]) == ()
    soon = [call("s3:GetObject", {"key": one}, 70 + index) for index, one in enumerate("bc")]
    assert [len(one.sights) for one in found_in(distinct, [*same, *soon])] == [52]


def test_calls_of_other_callers_do_not_count() -> None:
    others = [call("s3:GetObject", {"key": "a"}, one, by=session(f"role-{one}", "s")) for one in range(20)]
    assert found_in(FIVE, others) == ()


def test_names_of_sessions_do_not_split_a_caller() -> None:
    """Whoever assumes a role chooses the name of the session."""
    calls = [call("s3:GetObject", {"key": "a"}, one, by=session("web", f"s-{one}")) for one in range(5)]
    assert len(found_in(FIVE, calls)) == 1


def test_a_first_call_of_a_sequence_counts_once() -> None:
    pair = rule(Sequence(Calls("iam", ("CreateUser",)), Calls("iam", ("CreateLoginProfile",)), 60))
    records = [call("iam:CreateUser"), *(call("iam:CreateLoginProfile", None, one) for one in range(1, 9))]
    assert len(found_in(pair, records)) == 1


def test_the_second_call_must_come_later_or_in_the_same_second() -> None:
    pair = rule(Sequence(Calls("iam", ("CreateUser",)), Calls("iam", ("CreateLoginProfile",)), 60))
    assert len(found_in(pair, [call("iam:CreateLoginProfile"), call("iam:CreateUser")])) == 1
    assert found_in(pair, [call("iam:CreateLoginProfile"), call("iam:CreateUser", None, 1)]) == ()


def test_calls_of_ringfence_itself_are_left_out() -> None:
    name = min(acting_roles())
    own = session(name, SESSION)
    assert found_in(MFA_REMOVED, [call("iam:DeactivateMFADevice", {"userName": "bob"}, by=own)]) == ()
    made_up = session(name, "somebody")
    assert len(found_in(MFA_REMOVED, [call("iam:DeactivateMFADevice", {"userName": "bob"}, by=made_up)])) == 1


def test_networks_replace_prefixes() -> None:
    known = Networks(
        [
            "# a comment",
            "198.51.100.0\t198.51.100.255\t64500\tDE\tExample",
            "203.0.113.0\t203.0.113.255\t64500\tDE\tExample",
            "192.0.2.0\t192.0.2.255\t0\tNone\tNot routed",
        ]
    )
    assert (known("192.0.2.1"), known("2001:db8::1"), known("sso.amazonaws.com")) == (
        "192.0.0.0/16",
        "2001:db8::/32",
        "",
    )
    activity = Activity([NEW_NETWORK], known)
    for record in (sign_in("alice"), sign_in("alice", 9 * DAY, address=ABROAD)):
        activity.take(record)
    assert list(activity.detections()) == []


@pytest.mark.parametrize(
    "line", ["1.1.1.1", "a\tb\t1\tDE", "2.2.2.2\t1.1.1.1\t1\tDE", "1.1.1.1\t2.2.2.2\tx\tDE"]
)
def test_a_wrong_line_of_a_list_of_networks_is_named(line: str) -> None:
    with pytest.raises(BadInput, match="line 2"):
        Networks(["# head", line])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"eventName": None}, "eventName"),
        ({"eventName": 7}, "eventName"),
        ({"eventSource": ""}, "eventSource"),
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"eventTime": "9999-12-31T23:59:59-23:59"}, "eventTime"),
        ({"eventTime": None}, "eventTime"),
    ],
)
def test_what_is_no_record_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        Activity(PACK).take({**call("iam:CreateUser"), **change})


@pytest.mark.parametrize(
    "change",
    [
        {"userIdentity": None},
        {"userIdentity": "me"},
        {"userIdentity": {"arn": ["x"], "sessionContext": 3, "accountId": 12}},
        {"requestParameters": "x"},
        {"requestParameters": {"userName": {"a": 1}, "policyDocument": 3}},
        {"requestParameters": {"policyDocument": "[" * 100000}},
        {"requestParameters": {"policyDocument": '{"Statement": [1, {"Effect": "Allow", "Principal": 3}]}'}},
        {"responseElements": [1, 2]},
        {"recipientAccountId": 5},
        {"awsRegion": ESC},
        {"sourceIPAddress": ["1"]},
        {"errorCode": {"a": 1}},
    ],
)
@pytest.mark.parametrize("name", ["iam:CreateRole", "iam:CreateAccessKey", "s3:PutBucketLifecycle", "x:Y"])
def test_a_record_of_an_odd_form_breaks_nothing(name: str, change: dict[str, object]) -> None:
    activity = Activity(PACK)
    activity.take({**call(name, {"userName": "bob"}), **change})
    for one in activity.detections():
        assert one.title.isprintable()
        assert not one.subjects or finding_of(one.finding())


def test_names_that_an_intruder_chooses_stay_data() -> None:
    odd = session("web", "s")
    identity = {**odd.identity, "arn": f"arn:aws:sts::{OWN}:assumed-role/web/{ESC}", "sessionContext": {}}
    record = {
        **call("iam:CreateAccessKey", {"userName": f"bob{ESC}"}),
        "userIdentity": identity,
        "userAgent": ESC,
        "sourceIPAddress": f"{ESC}{'9' * 5000}",
    }
    (found,) = found_in(KEY_FOR_ANOTHER, [record])
    assert found.title.isprintable()
    assert len(found.title) <= 400
    assert finding_of(found.finding())


def test_a_record_without_an_account_is_found_and_leads_to_no_finding() -> None:
    record = call("iam:DeactivateMFADevice", {"userName": "bob"})
    identity = record["userIdentity"]
    assert isinstance(identity, dict)
    changed = {**record, "recipientAccountId": "123", "userIdentity": {**identity, "accountId": "123"}}
    (found,) = found_in(MFA_REMOVED, [changed])
    assert found.subjects == ()
    with pytest.raises(BadInput, match="recipientAccountId"):
        found.finding()


def operations(work: Callable[[], object]) -> int:
    """Count the operations of the interpreter, which are the same on each machine."""
    count = 0

    def traced(frame: FrameType, event: str, _: object) -> TraceFunction:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_a_flood_of_denied_calls_costs_the_same_for_each_call() -> None:
    """The number of calls is the caller's choice."""

    def effort(number: int) -> int:
        activity = Activity([DENIED])
        for one in range(number):
            activity.take(call("s3:GetObject", {"key": str(one)}, one / 9, error="AccessDenied"))
        return operations(lambda: list(activity.detections()))

    few, many = effort(100), effort(800)
    assert few < many < 9 * few


def test_a_failed_sign_in_has_no_error_code_and_counts() -> None:
    assert "errorCode" not in sign_in("alice", success=False)
    assert len(found_in(BRUTE_FORCE, [sign_in("alice", one, success=False) for one in range(5)])) == 1


def test_names_that_two_accounts_have_are_not_joined() -> None:
    created = call("iam:CreateUser", {"userName": "bob"})
    pair = rule(Sequence(Calls("iam", ("CreateUser",)), Calls("iam", ("CreateLoginProfile",)), 60, (USER,)))
    elsewhere = {**call("iam:CreateLoginProfile", {"userName": "bob"}, 5), "recipientAccountId": OTHER}
    assert found_in(pair, [created, elsewhere]) == ()
    assert len(found_in(pair, [created, {**elsewhere, "recipientAccountId": OWN}])) == 1
