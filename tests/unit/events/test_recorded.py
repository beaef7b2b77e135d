"""Recorded events of every form are read as EventBridge delivers them."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.recorded import recorded_events
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.security_hub import asff, control
from ringfence.model.errors import BadInput
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

Json = dict[str, Any]
EVENT: Json = samples.instance_finding()
CALL: Json = call_event("s3", "DeleteBucketEncryption", {"bucketName": "logs-of-a-team"})


def only(document: object) -> Any:  # noqa: ANN401 - JSON, or a reason
    """The one event of a document."""
    (event,) = recorded_events(document)
    return event


def told(event: object) -> tuple[Finding, ...]:
    """The findings of an event that is for Ringfence."""
    found = findings(event)
    assert not isinstance(found, NotForUs)
    return found


def test_an_event_is_itself() -> None:
    assert only(EVENT) == EVENT
    assert list(recorded_events([EVENT, [CALL]])) == [EVENT, CALL]


def test_a_finding_by_itself_gets_an_envelope() -> None:
    event = only(EVENT["detail"])
    (found,), (sent,) = told(event), told(EVENT)
    assert (found.id, found.type, found.subjects) == (sent.id, sent.type, sent.subjects)
    assert event["time"] == EVENT["detail"]["updatedAt"]


def test_a_record_of_cloudtrail_is_the_event_of_its_call() -> None:
    event = only({"Records": [CALL["detail"]]})
    assert (event["source"], event["detail-type"]) == (CALL["source"], CALL["detail-type"])
    (found,), (sent,) = told(event), told(CALL)
    assert (found.type, found.subjects) == (sent.type, sent.subjects)


def test_a_sign_in_has_its_own_kind_of_event() -> None:
    record = {**CALL["detail"], "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn"}
    assert only(record)["detail-type"] == "AWS Console Sign In via CloudTrail"


def test_a_finding_of_guardduty_in_security_hub_is_guarddutys_finding() -> None:
    (found,) = told(only(asff()))
    assert (found.type, found.severity, found.count) == ("Backdoor:EC2/C&CActivity.B", 8, 12)
    assert [ref.key for ref in found.subjects] == [f"instance/{samples.ACCOUNT}/eu-west-1/{samples.INSTANCE}"]
    assert not found.advice


def test_who_is_only_a_target_is_known_from_the_product_fields() -> None:
    fields = {**asff()["ProductFields"], "aws/guardduty/service/resourceRole": "TARGET"}
    named = asff(Types=["TTPs/Discovery/UnauthorizedAccess:EC2-SSHBruteForce"], ProductFields=fields)
    (found,) = told(only(named))
    assert "TARGET" in found.advice


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_failed_control_is_the_result_of_its_rule(wrapped: bool) -> None:  # noqa: FBT001 - a parameter
    event = {"source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported"}
    given = {**event, "detail": {"findings": [control()]}} if wrapped else {"Findings": [control()]}
    (found,) = told(only(given))
    assert found.type == "Config:restricted-ssh"
    assert found.subjects[0].key.endswith("/eu-west-1/sg-0123456789abcdef0")


def test_a_user_is_named_by_its_unique_id_as_aws_config_does() -> None:
    user = {
        "Type": "AwsIamUser",
        "Id": f"arn:aws:iam::{samples.ACCOUNT}:user/an-admin",
        "Details": {"AwsIamUser": {"UserId": "AIDACKCEVSQ6C2EXAMPLE"}},
    }
    event = only({**control(), "Resources": [user]})
    assert (event["detail"]["resourceType"], event["detail"]["resourceId"]) == (
        "AWS::IAM::User",
        "AIDACKCEVSQ6C2EXAMPLE",
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({**control(), "Compliance": {"Status": "PASSED"}}, "answers only FAILED"),
        ({**control(), "RecordState": "ARCHIVED"}, "answers only ACTIVE"),
    ],
)
def test_what_ringfence_never_receives_is_said(given: Json, why: str) -> None:
    event = only(given)
    assert isinstance(event, NotForUs)
    assert why in event.reason


def test_a_line_of_the_archive_contains_the_event_that_arrived() -> None:
    body = {"fact": {"$": "FindingReceived", "event": json.dumps(EVENT)}}
    assert only({"chain": "contain-instance#x", "body": json.dumps(body)}) == EVENT
    other = {"chain": "contain-instance#x", "body": json.dumps({"fact": {"$": "Closed"}})}
    assert not list(recorded_events(other))
    without = {"chain": "x#y", "body": json.dumps({"fact": {"$": "FindingReceived", "event": ""}})}
    assert isinstance(only(without), NotForUs)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (7, "must be an object"),
        ({}, "must be an event with source and detail-type"),
        ({"Findings": [{"ProductArn": asff()["ProductArn"]}]}, "Resources"),
        ({**asff(), "Types": []}, "Types: must name the type"),
        ({**asff(), "Resources": []}, "Resources: must name the affected resource"),
        ({**asff(), "Severity": {}}, r"Severity.Normalized: is required"),
        ({"eventSource": "s3.amazonaws.com", "eventName": "CreateBucket"}, "awsRegion"),
        ({"chain": "x#y", "body": "{"}, "is not one complete JSON document"),
    ],
)
def test_what_is_no_event_is_bad_input_that_names_the_field(given: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        list(recorded_events(given))


def test_real_findings_of_security_hub_are_read() -> None:
    folder = shared_file("events/events")
    types: set[str] = set()
    for path in sorted(folder.glob("sh-*.json")):
        if "Detection-Finding" in path.name or "Vulnerability" in path.name or "Insight" in path.name:
            continue  # of the newer Security Hub, and no events
        for event in recorded_events(json.loads(path.read_text())):
            found = event if isinstance(event, NotForUs) else findings(event)
            types |= set() if isinstance(found, NotForUs) else {one.type for one in found}
    assert "Config:restricted-ssh" in types
    assert "UnauthorizedAccess:EC2/SSHBruteForce" in types


def test_real_records_of_calls_are_read() -> None:
    path = shared_file("events/replay/cloudtrail_more.jsonl.gz")
    records = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    whole = ("awsRegion", "eventName", "eventSource", "eventTime")
    for event in (one for one in records if all(one["detail"].get(name) for name in whole)):
        again = only(event["detail"])
        assert (again["source"], again["detail-type"]) == (event["source"], event["detail-type"])
