"""Which recorded calls are answered, and that the patterns agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.cloudtrail.parser.subjects import places
from ringfence.events.cloudtrail.trigger.bucket_creation import OPEN_CREATION
from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples.calls import by_root, by_user, call_event
from ringfence.local.samples.cloudtrail import by_role
from ringfence.local.samples.guardduty import changed
from ringfence.model.resource_names import acting_roles
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

POLICY, STOPPED = ("s3", "PutBucketPolicy"), ("cloudtrail", "StopLogging")
EVERY = [
    recorded(service, *(name for of, name in places() if of == service))
    for service in sorted({service for service, _ in places()} - {"s3"})
]
RULES = Delivery(recorded("s3", "PutBucketPolicy", "PutBucketAcl"), recorded("cloudtrail", "StopLogging"))
PUT = call_event("s3", "PutBucketPolicy", {"bucketName": "reports"})


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = recorded("s3", "PutBucketPolicy")
    assert (trigger.id, trigger.types) == ("cloudtrail-s3", ("CloudTrail:s3:PutBucketPolicy",))
    assert hash(trigger)


def test_patterns_are_valid_and_within_the_limit() -> None:
    every = Delivery(*EVERY)
    assert not every.errors()
    assert all(len(pattern) <= PATTERN_LIMIT for pattern in every.patterns)


@pytest.mark.parametrize(
    "event",
    [
        PUT,
        call_event("s3", "PutBucketAcl", {"bucketName": "reports"}, identity=by_role("oncall")),
        call_event("cloudtrail", "StopLogging", {"name": "all"}, identity=by_root()),
        changed(
            PUT, "detail.userIdentity", {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}
        ),
    ],
)
def test_whoever_changed_something_is_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize("role", acting_roles())
def test_what_ringfence_did_itself_is_neither_delivered_nor_answered(role: str) -> None:
    event = changed(PUT, "detail.userIdentity", by_role(role))
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@pytest.mark.parametrize(
    "role", ["ringfence-", "ringfence-other", "Ringfence-contain-instance", "x-ringfence"]
)
def test_a_role_that_is_merely_called_alike_is_answered(role: str) -> None:
    event = changed(PUT, "detail.userIdentity", by_role(role))
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize(
    "event",
    [
        call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}, error="AccessDenied"),
        call_event("s3", "PutBucketPolicy", {"bucketName": "reports"}, read_only=True),
        call_event("s3", "GetBucketPolicy", {"bucketName": "reports"}, read_only=True),
        call_event("s3", "PutBucketTagging", {"bucketName": "reports"}),
        changed(PUT, "detail-type", "AWS Service Event via CloudTrail"),
        changed(PUT, "detail.eventSource", "ec2.amazonaws.com"),
        changed(PUT, "source", "aws.ec2"),
        changed(PUT, "source", "mine"),
        changed(PUT, "detail.readOnly", None),
    ],
)
def test_what_is_not_for_us_is_neither_delivered_nor_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@given(
    call=st.sampled_from([POLICY, STOPPED, ("s3", "StopLogging"), ("s3", None)]),
    error=st.sampled_from([{}, {"errorCode": "AccessDenied"}, {"errorCode": None}, {"errorCode": ""}]),
    read_only=st.sampled_from([{}, *({"readOnly": one} for one in (True, False, None, 0, "true", "false"))]),
    identity=st.sampled_from(
        [by_user(), by_root(), {}, by_role("oncall"), by_role(acting_roles()[0]), by_role(acting_roles()[-1])]
    ),
)
def test_pattern_and_code_agree(
    call: tuple[str, Any], error: dict[str, object], read_only: dict[str, object], identity: dict[str, Any]
) -> None:
    service, name = call
    event = call_event(service, name, {"bucketName": "reports", "name": "all"}, identity=identity)
    del event["detail"]["readOnly"]
    event["detail"].update(error | read_only)
    assert RULES.agrees(event)


def test_pattern_and_code_agree_on_the_shared_corpus() -> None:
    every = Delivery(*EVERY)
    assert not [name for name, event in shared_events().items() if not every.agrees(event)]


def test_pattern_and_code_agree_on_recorded_calls() -> None:
    lines = shared_file("events/replay/cloudtrail_noise.jsonl").read_text("utf-8").splitlines()
    every = Delivery(*EVERY, OPEN_CREATION, recorded("s3", "PutBucketPolicy", "PutBucketTagging"))
    events = [json.loads(line) for line in lines]
    assert not [event for event in events if not every.agrees(event)]
    assert sum(every.count(event) for event in events) > 5
