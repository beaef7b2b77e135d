"""A share with strangers is told. What is resolved, and what is no finding, has a reason."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.engine.routing import answering
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.samples.access_analyzer import analyzer_event, public_event
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.mappings import Mapped
from ringfence.policy.policy import Policy
from ringfence.runbooks.catalogue import CATALOGUE

Json = dict[str, Any]


def reason(given: Json) -> str:
    (part,) = incoming(given)
    found = part.checked()
    if not isinstance(found, NotForUs):
        read = findings(found)
        assert isinstance(read, NotForUs)
        return read.reason
    return found.reason


@pytest.mark.parametrize(
    ("changed", "type_", "severity"),
    [
        ({}, "ExternalAccess:AWS::S3::Bucket", 4.0),
        (
            {
                "isPublic": True,
                "resourceType": "AWS::KMS::Key",
                "resource": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k",
            },
            "ExternalAccess:AWS::KMS::Key/Public",
            7.0,
        ),
        (
            {
                "isPublic": True,
                "resourceType": "AWS::S3::Bucket",
                "resource": "arn:aws:iam::aws:policy/no-bucket",
            },
            "ExternalAccess:AWS::S3::Bucket/Public",
            7.0,
        ),
        (
            {"resourceType": "AWS::SQS::Queue", "resource": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"},
            "ExternalAccess:AWS::SQS::Queue",
            4.0,
        ),
    ],
)
def test_a_share_with_strangers_is_told(changed: Json, type_: str, severity: float) -> None:
    (part,) = incoming(analyzer_event(**changed))
    given = part.checked()
    assert answering(given, CATALOGUE, {}) == ("report-findings",)
    (found,) = findings(given)  # type: ignore[misc]  # no reason
    assert (found.type, found.severity) == (type_, severity)
    assert found.subjects[-1].kind == "finding"
    assert "can be intended" in found.notify_only_reason_for(found.subjects[-1])


SNAPSHOT = "snap-0a1b2c3d4e5f60718"
OPEN = {
    "bucket": ("AWS::S3::Bucket", "arn:aws:s3:::reports-of-a-team", "harden-bucket"),
    "snapshot": ("AWS::EC2::Snapshot", f"arn:aws:ec2:eu-west-1::snapshot/{SNAPSHOT}", "harden-snapshot"),
    "snapshot with an account": (
        "AWS::EC2::Snapshot",
        f"arn:aws:ec2:eu-west-1:{ACCOUNT}:snapshot/{SNAPSHOT}",
        "harden-snapshot",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_the_runbook_of_a_public_resource_answers_as_the_policy_decides(name: str) -> None:
    what, arn, runbook = OPEN[name]
    given = public_event(what, arn)
    assert answering(given, CATALOGUE, {}) == (runbook,)
    (found,) = findings(given)  # type: ignore[misc]  # no reason
    subject = found.subjects[0]
    assert isinstance(subject, CATALOGUE[runbook].subject)
    assert decide(Policy((ACCOUNT,), default=Mode.AUTO), runbook, found, subject).mode is Mode.AUTO
    assert decide(Policy((ACCOUNT,), default=Mode.NOTIFY), runbook, found, subject).mode is Mode.NOTIFY


def test_newer_events_say_in_a_list_that_a_bucket_is_public() -> None:
    details = [{"externalAccessDetails": {"isPublic": True}}]
    given = analyzer_event(findingType="ExternalAccess", findingDetails=details)
    assert answering(given, CATALOGUE, {}) == ("harden-bucket",)


def test_a_public_bucket_of_another_account_than_the_findings_is_told() -> None:
    given = public_event("AWS::EC2::Snapshot", f"arn:aws:ec2:eu-west-1:444455556666:snapshot/{SNAPSHOT}")
    assert answering(given, CATALOGUE, {}) == ("report-findings",)
    (found,) = findings(given)  # type: ignore[misc]  # no reason
    assert decide(
        Policy((ACCOUNT,), default=Mode.AUTO), "report-findings", found, found.subjects[-1]
    ).mode is (Mode.NOTIFY)


def test_an_entry_whose_runbook_handles_no_bucket_leads_to_a_report_alone() -> None:
    """A person wrote the entry: nothing else may change the bucket, and the person learns of the mistake."""
    for to, expected in (("contain-instance", "report-findings"), ("harden-bucket", "harden-bucket")):
        own = (Mapped("access-analyzer", to),)
        assert answering(public_event(*OPEN["bucket"][:2]), CATALOGUE, {}, own) == (expected,)


@pytest.mark.parametrize(("to", "expected"), [("notify", ("report-findings",)), ("off", NotForUs)])
def test_the_policys_mappings_come_before_the_remediations(to: str, expected: object) -> None:
    own = (Mapped("access-analyzer", to, "ExternalAccess:AWS::S3::Bucket/*"),)
    found = answering(public_event(*OPEN["bucket"][:2]), CATALOGUE, {}, own)
    assert isinstance(found, NotForUs) if expected is NotForUs else found == expected


def test_the_bucket_is_a_subject_and_a_resource_of_another_account_is_none() -> None:
    (found,) = findings(analyzer_event())  # type: ignore[misc]  # no reason
    assert found.subjects[0].key == f"bucket/{ACCOUNT}/eu-west-1/sample-bucket"
    (found,) = findings(analyzer_event(resource="arn:aws:iam::444455556666:role/theirs"))  # type: ignore[misc]
    assert [one.kind for one in found.subjects] == ["finding"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (analyzer_event(status="RESOLVED"), "the finding is RESOLVED"),
        (analyzer_event(status="ARCHIVED"), "the finding is ARCHIVED"),
        (analyzer_event(isDeleted=True), "the finding is of a deleted resource"),
        (analyzer_event(findingType="UnusedIAMRole"), "of type UnusedIAMRole"),
        (analyzer_event(error="ACCESS_DENIED"), "could not read the resource: ACCESS_DENIED"),
        (analyzer_event("Access Preview State Change"), "a preview of a change, which shares nothing yet"),
    ],
)
def test_what_needs_nothing_has_a_reason(given: Json, why: str) -> None:
    assert why in reason(given)
