"""Calls that can undo a containment: which incidents they may concern, whatever the record leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.events.cloudtrail.parser.undoing import MOST_NAMES, Undoing, undoing_of
from ringfence.events.envelope import Envelope
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
NAMES = frozenset({"deploy"})


def call(**more: Any) -> Undoing:  # noqa: ANN401 - fields of a record
    detail = {
        "eventSource": "iam.amazonaws.com",
        "eventName": "PutUserPolicy",
        "eventTime": "2026-11-30T06:00:00Z",
        "eventID": "7bf73129-1428-4cd3-a780-95db273d1602",
        "sourceIPAddress": "198.51.100.7",
        "readOnly": False,
        "recipientAccountId": ACCOUNT,
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "userName": "mallory",
        },
        "responseElements": None,
        **more,
    }
    event = {
        "source": "aws.iam",
        "detail-type": "AWS API Call via CloudTrail",
        "account": ACCOUNT,
        "detail": detail,
    }
    found = undoing_of(Envelope.of(event), (CONTAIN_CREDENTIALS,))
    assert isinstance(found, Undoing)
    return found


PADDED = {
    "omitted, as CloudTrail marks it": {"requestParameters": {"omitted": True, "originalSize": 110_000}},
    "omitted, marked beside the field": {"requestParameters": {"policyName": "x"}, "omitted": True},
    "without parameters": {"requestParameters": None},
    "without the field": {},
    "with empty parameters": {"requestParameters": {}},
    "with parameters that are no object": {"requestParameters": 7},
    "more texts than are read, the name first": {
        "requestParameters": {"userName": "deploy", "tags": ["x"] * (MOST_NAMES + 1)}
    },
    "more texts than are read, the name last": {
        "requestParameters": {"tags": ["x"] * (MOST_NAMES + 1), "userName": "deploy"}
    },
    "a response with many texts": {
        "requestParameters": {"userName": "deploy"},
        "responseElements": {"tags": ["x"] * (MOST_NAMES + 1)},
    },
    "a name in capitals": {"requestParameters": {"userName": "DEPLOY"}},
}


@pytest.mark.parametrize("record", PADDED.values(), ids=PADDED)
def test_a_caller_cannot_hide_a_call_by_what_it_puts_into_the_record(record: dict[str, Any]) -> None:
    found = call(**record)
    assert found.concerns(ACCOUNT, NAMES)
    assert not found.concerns(OTHER_ACCOUNT, NAMES)
    assert found.who.endswith("user/mallory")


def test_a_call_that_names_somebody_else_concerns_nobody() -> None:
    found = call(requestParameters={"userName": "somebody", "policyName": "p"})
    assert not found.concerns(ACCOUNT, NAMES)
    assert found.concerns(ACCOUNT, frozenset({"somebody"}))


def test_a_call_on_oneself_concerns_its_caller() -> None:
    assert call(requestParameters=None).concerns(ACCOUNT, frozenset({"mallory"}))


def test_a_user_that_is_renamed_is_heard_by_both_names() -> None:
    found = call(eventName="UpdateUser", requestParameters={"userName": "deploy", "newUserName": "backup"})
    assert found.concerns(ACCOUNT, NAMES)
    assert found.concerns(ACCOUNT, frozenset({"backup"}))
