"""What is read from CloudTrail's record of a quarantine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ringfence.events.envelope import NotForUs
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.cloudtrail import BY_AWS, EVENT_ID, OWN, attachment, by_role
from ringfence.local.samples.guardduty import ACCOUNT, ADMINISTRATOR, KEY, SESSION_KEY, USER, changed, without
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.subject import GLOBAL
from tests.support.parsing import parse

THE_USER = UserRef(ACCOUNT, GLOBAL, USER)
THE_KEY = AccessKeyRef(ACCOUNT, GLOBAL, KEY, USER)


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def test_a_quarantine_is_read_whole() -> None:
    finding = found(attachment())
    at = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
    assert (finding.source, finding.id, finding.type) == ("aws.iam", EVENT_ID, "AWSCompromisedKeyQuarantine")
    assert (finding.severity, finding.account, finding.region) == (8.0, ACCOUNT, "us-east-1")
    assert (finding.updated_at, finding.last_seen) == (at, at)
    assert finding.title == "AWSCompromisedKeyQuarantineV3 was attached to the user sample-user"
    assert (finding.subjects, finding.advice, finding.advices) == ((THE_USER,), "", ())


@pytest.mark.parametrize(
    ("identity", "subjects"),
    [
        (BY_AWS, (THE_USER,)),
        (OWN, (THE_USER, THE_KEY)),
        ({**OWN, "accessKeyId": SESSION_KEY}, (THE_USER,)),
        ({**OWN, "userName": "admin"}, (THE_USER,)),
        (by_role("oncall"), (THE_USER,)),
        ({}, (THE_USER,)),
    ],
)
def test_the_key_is_told_where_the_users_own_made_the_call(
    identity: dict[str, Any], subjects: tuple[object, ...]
) -> None:
    assert found(attachment(identity=identity)).subjects == subjects


def test_the_account_is_the_recipients_and_else_the_envelopes() -> None:
    assert found(changed(attachment(), "account", ADMINISTRATOR)).account == ACCOUNT
    assert found(without(attachment(), "detail.recipientAccountId")).account == ACCOUNT


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (attachment("arn:aws:iam::aws:policy/ReadOnlyAccess"), "not AWSCompromisedKeyQuarantine"),
        (attachment(errorCode="AccessDenied"), "refused"),
        (attachment(eventName="CreateUser"), "no runbook answers the call iam:CreateUser"),
        (attachment(identity=by_role("ringfence-contain-credentials")), "Ringfence itself"),
        (changed(attachment(), "detail-type", "\x1b[2J"), r"\x1b"),
    ],
)
def test_what_is_not_for_us_says_why(event: object, said: str) -> None:
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.requestParameters.userName", None),
        ("detail.requestParameters.userName", "no name"),
        ("detail.requestParameters.policyArn", 7),
        ("detail.eventTime", "yesterday"),
        ("detail.eventID", "x" * 99),
        ("detail.recipientAccountId", "12"),
        ("detail.userIdentity", "root"),
        ("detail.userIdentity.accessKeyId", 7),
        ("detail", None),
    ],
)
def test_what_is_there_and_wrong_is_named(path: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(attachment(), path, value))
    assert caught.value.field == path


KEY_ID = "0123abcd-0123-abcd-0123-0123456789ab"


@pytest.mark.parametrize(
    ("service", "name", "parameters", "routine"),
    [
        ("s3", "PutBucketPolicy", {"bucketName": "reports"}, True),
        ("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-0123456789abcdef0"}, True),
        ("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 14}, True),
        ("kms", "DisableKey", {"keyId": KEY_ID}, True),
        ("cloudtrail", "StopLogging", {"name": "audit"}, False),
        ("cloudtrail", "PutEventSelectors", {"trailName": "audit"}, False),
        ("config", "StopConfigurationRecorder", {"configurationRecorderName": "default"}, False),
        ("guardduty", "DeleteDetector", {"detectorId": "0" * 32}, False),
        ("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": "fl-0123456789abcdef0"}}, False),
    ],
)
def test_a_changed_setting_only_says_that_it_is_time_to_look_unless_it_is_of_what_records(
    service: str, name: str, parameters: dict[str, Any], *, routine: bool
) -> None:
    assert found(call_event(service, name, parameters)).routine is routine
