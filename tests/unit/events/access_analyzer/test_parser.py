"""A share with strangers is told. What is resolved, and what is no finding, has a reason."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.engine.routing import answering
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.runbooks.catalogue import CATALOGUE

Json = dict[str, Any]
ACCOUNT = "111122223333"


def event(kind: str = "Access Analyzer Finding", **changed: object) -> Json:
    """A finding as IAM Access Analyzer sends it."""
    detail = {
        "version": "1.0",
        "id": "22222222-dcba-4444-dcba-333333333333",
        "status": "ACTIVE",
        "resourceType": "AWS::S3::Bucket",
        "resource": "arn:aws:s3:::reports-of-a-team",
        "createdAt": "2026-11-29T10:00:00Z",
        "updatedAt": "2026-11-29T10:00:00Z",
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "principal": {"AWS": "999988887777"},
        "action": ["s3:GetObject"],
        "isPublic": False,
        "isDeleted": False,
        **changed,
    }
    return {
        "source": "aws.access-analyzer",
        "detail-type": kind,
        "account": ACCOUNT,
        "region": "eu-west-1",
        "time": "2026-11-29T10:00:00Z",
        "detail": detail,
    }


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
        ({"isPublic": True}, "ExternalAccess:AWS::S3::Bucket/Public", 7.0),
        (
            {
                "findingType": "ExternalAccess",
                "findingDetails": [{"externalAccessDetails": {"isPublic": True}}],
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
    (part,) = incoming(event(**changed))
    given = part.checked()
    assert answering(given, CATALOGUE, {}) == ("report-findings",)
    (found,) = findings(given)  # type: ignore[misc]  # no reason
    assert (found.type, found.severity) == (type_, severity)
    assert found.subjects[-1].kind == "finding"
    assert "can be intended" in found.notify_only_reason_for(found.subjects[-1])


def test_the_bucket_is_a_subject_and_a_resource_of_another_account_is_none() -> None:
    (found,) = findings(event())  # type: ignore[misc]  # no reason
    assert found.subjects[0].key == f"bucket/{ACCOUNT}/eu-west-1/reports-of-a-team"
    (found,) = findings(event(resource="arn:aws:iam::444455556666:role/theirs"))  # type: ignore[misc]
    assert [one.kind for one in found.subjects] == ["finding"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (event(status="RESOLVED"), "the finding is RESOLVED"),
        (event(status="ARCHIVED"), "the finding is ARCHIVED"),
        (event(isDeleted=True), "the finding is of a deleted resource"),
        (event(findingType="UnusedIAMRole"), "of type UnusedIAMRole"),
        (event(error="ACCESS_DENIED"), "could not read the resource: ACCESS_DENIED"),
        (event("Access Preview State Change"), "a preview of a change, which shares nothing yet"),
    ],
)
def test_what_needs_nothing_has_a_reason(given: Json, why: str) -> None:
    assert why in reason(given)
