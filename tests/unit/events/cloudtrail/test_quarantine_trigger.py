"""Which recorded calls are answered, and that the pattern agrees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINED_USER
from ringfence.events.guardduty.trigger.credentials import COMPROMISED_CREDENTIALS
from ringfence.events.health.trigger import EXPOSED_CREDENTIALS
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples import guardduty_types as typed
from ringfence.local.samples.cloudtrail import BY_AWS, OWN, attachment, by_role
from ringfence.local.samples.guardduty import changed
from ringfence.local.samples.health import health_event
from ringfence.model.resource_names import release_role, run_role
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(QUARANTINED_USER)
POLICY = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine"


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = QUARANTINED_USER
    assert trigger.id == "cloudtrail-quarantined-user"
    assert hash(trigger)


def test_the_pattern_is_valid_and_within_the_limit() -> None:
    assert not RULES.errors()
    assert [len(pattern) < PATTERN_LIMIT for pattern in RULES.patterns] == [True]


@pytest.mark.parametrize("version", ["", "V2", "V3", "V4", "V99"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_version_of_the_policy_is_delivered_and_answered(version: str, partition: str) -> None:
    event = attachment(POLICY.replace("arn:aws:", f"arn:{partition}:") + version)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize("identity", [BY_AWS, OWN, {}, {"type": "Root"}, by_role("oncall")])
def test_it_does_not_matter_who_attached_it(identity: dict[str, Any]) -> None:
    event = attachment(identity=identity)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize("role", [run_role("contain-credentials"), release_role("contain-credentials")])
def test_what_ringfence_did_itself_is_neither_delivered_nor_answered(role: str) -> None:
    event = attachment(identity=by_role(role))
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@pytest.mark.parametrize(
    "event",
    [
        attachment("arn:aws:iam::aws:policy/AdministratorAccess"),
        attachment("arn:aws:iam::111122223333:policy/AWSCompromisedKeyQuarantineV3"),
        attachment(errorCode="AccessDenied", errorMessage="no"),
        attachment(eventName="DetachUserPolicy"),
        attachment(eventName="AttachRolePolicy"),
        attachment(eventSource="sts.amazonaws.com"),
        attachment(requestParameters=None),
        changed(attachment(), "detail-type", "AWS Service Event via CloudTrail"),
        changed(attachment(), "source", "aws.sts"),
    ],
)
def test_what_is_not_for_us_is_neither_delivered_nor_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


names = st.sampled_from(["", "oncall", "ringfence", "ringfence-x", "Ringfence-x", None, 7])


@given(
    policy=st.sampled_from([POLICY, f"{POLICY}V2", "arn:aws:iam::aws:policy/ReadOnlyAccess", "", None, 7]),
    error=st.sampled_from([{}, {"errorCode": "AccessDenied"}, {"errorCode": None}, {"errorCode": ""}]),
    issuer=names.map(lambda name: {"sessionContext": {"sessionIssuer": {"userName": name}}}) | st.just({}),
    call=st.sampled_from(["AttachUserPolicy", "PutUserPolicy", None]),
    source=st.sampled_from(["aws.iam", "aws.health"]),
    user=st.sampled_from(["bot", "no name", None]),
)
def test_pattern_and_code_agree(  # noqa: PLR0917 - one column each
    policy: object,
    error: dict[str, object],
    issuer: dict[str, object],
    call: object,
    source: str,
    user: object,
) -> None:
    event = attachment(identity=issuer, requestParameters={"policyArn": policy, "userName": user})
    event["detail"].update(error)
    event["detail"]["eventName"] = call
    assert RULES.agrees({**event, "source": source})


def test_pattern_and_code_agree_on_the_shared_corpus() -> None:
    assert not [name for name, event in shared_events().items() if not RULES.agrees(event)]


def test_pattern_and_code_agree_on_recorded_calls() -> None:
    """Days of a real account's calls, none of them an attachment of the quarantine."""
    lines = shared_file("events/replay/cloudtrail_noise.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert len(events) > 200
    assert not [event for event in events if not RULES.agrees(event) or RULES.count(event)]


def test_no_event_comes_twice_to_the_same_runbook() -> None:
    """A runbook has one rule for each pattern of its triggers."""
    rules = Delivery(COMPROMISED_CREDENTIALS, EXPOSED_CREDENTIALS, QUARANTINED_USER)
    ours = [typed.of_type(name) for name in COMPROMISED_CREDENTIALS.types]
    events = [*shared_events().values(), *ours, health_event(), attachment()]
    assert not [event for event in events if not rules.agrees(event)]
    assert {rules.count(event) for event in [*ours, health_event(), attachment()]} == {1}
