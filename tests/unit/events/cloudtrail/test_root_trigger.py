"""Which uses of the root user are answered, and that the pattern agrees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.cloudtrail.trigger.root import ROOT_USE
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples.calls import by_root, by_user, call_event, sign_in
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.guardduty import changed
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(ROOT_USE)
CALL = call_event("ec2", "CreateKeyPair", {"keyName": "k"}, identity=by_root())

ANYBODY_ASKS, MFA_ASKED_FOR = (
    changed(changed(sign_in(), "detail.eventName", name), "detail.responseElements", {name: "Success"})
    for name in ("PasswordRecoveryRequested", "CheckMfa")
)
RECOVERED = changed(
    changed(sign_in(), "detail.eventName", "PasswordRecoveryCompleted"),
    "detail.responseElements",
    {"PasswordRecoveryCompleted": "Success"},
)


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = ROOT_USE
    assert trigger.id == "root-use"
    assert hash(trigger)


def test_the_pattern_is_valid_and_within_the_limit() -> None:
    assert not RULES.errors()
    assert [len(pattern) < PATTERN_LIMIT for pattern in RULES.patterns] == [True]


@pytest.mark.parametrize(
    "event",
    [
        CALL,
        sign_in(),
        RECOVERED,
        call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}, identity=by_root()),
        call_event(
            "iam", "CreateAccessKey", None, identity=by_root(), error="AccessDenied", region="us-east-1"
        ),
        call_event("iam", "ListUsers", None, identity=by_root(), read_only=True),
    ],
)
def test_whatever_the_root_user_did_is_delivered_and_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize(
    "event",
    [
        call_event("ec2", "CreateKeyPair", {"keyName": "k"}, identity=by_user()),
        call_event("ec2", "CreateKeyPair", {"keyName": "k"}, identity=by_role("root")),
        call_event("ec2", "CreateKeyPair", {"keyName": "k"}, identity={**by_user("root"), "type": "root"}),
        changed(CALL, "detail.userIdentity", {**by_root(), "invokedBy": "support.amazonaws.com"}),
        changed(CALL, "detail.eventType", "AwsServiceEvent"),
        changed(CALL, "detail-type", "AWS Service Event via CloudTrail"),
        changed(CALL, "source", "mine"),
        sign_in(succeeded=False),
        ANYBODY_ASKS,
        MFA_ASKED_FOR,
        sign_in(by_user()),
    ],
)
def test_what_the_root_user_did_not_do_itself_is_neither(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@given(
    type_=st.sampled_from(["Root", "IAMUser", "", None, 7]),
    invoked=st.sampled_from([{}, {"invokedBy": None}, {"invokedBy": "AWS Internal"}]),
    kind=st.sampled_from(["AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent"]),
    outcome=st.sampled_from([None, {}, {"ConsoleLogin": "Success"}, {"ConsoleLogin": "Failure"}, {"x": 1}]),
    source=st.sampled_from(["aws.ec2", "aws.signin", "aws.guardduty", "mine"]),
    name=st.sampled_from(["CheckMfa", "ConsoleLogin", "PasswordRecoveryRequested"]),
)
def test_pattern_and_code_agree(
    type_: object, invoked: dict[str, object], kind: str, outcome: object, *, source: str, name: str
) -> None:
    event = changed(CALL, "detail.userIdentity", {**by_root(), "type": type_, **invoked})
    event["detail"] |= {"eventType": kind, "eventName": name, "responseElements": outcome}
    assert RULES.agrees({**event, "source": source})


def test_pattern_and_code_agree_on_the_shared_corpus() -> None:
    events = shared_events()
    assert not [name for name, event in events.items() if not RULES.agrees(event)]
    assert sum(RULES.count(event) for event in events.values()) == 1


def test_nobody_used_the_root_user_in_the_recorded_calls() -> None:
    lines = shared_file("events/replay/cloudtrail_noise.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert not [event for event in events if RULES.count(event) or RULES.answered(event)]
