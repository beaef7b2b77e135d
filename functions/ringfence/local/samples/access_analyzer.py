"""Findings of IAM Access Analyzer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
"""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import ACCOUNT

Json = dict[str, Any]
REGION, AT = "eu-west-1", "2026-03-01T12:00:00Z"


def analyzer_event(kind: str = "Access Analyzer Finding", **changed: object) -> Json:
    """Return the event of a bucket that is shared with another account. `changed`: other details."""
    detail = {
        "version": "1.0",
        "id": "22222222-dcba-4444-dcba-333333333333",
        "status": "ACTIVE",
        "resourceType": "AWS::S3::Bucket",
        "resource": "arn:aws:s3:::sample-bucket",
        "createdAt": AT,
        "updatedAt": AT,
        "accountId": ACCOUNT,
        "region": REGION,
        "principal": {"AWS": "999988887777"},
        "action": ["s3:GetObject"],
        "isPublic": False,
        "isDeleted": False,
        **changed,
    }
    return {
        "version": "0",
        "id": "d4e10e43-6ba7-4ef8-a2a8-9b1ef0a4a9c1",
        "source": "aws.access-analyzer",
        "detail-type": kind,
        "account": ACCOUNT,
        "region": REGION,
        "time": AT,
        "resources": [],
        "detail": detail,
    }


def public_event(resource_type: str, arn: str) -> Json:
    """Return the event of a resource that everybody has access to."""
    return analyzer_event(
        resourceType=resource_type, resource=arn, principal={"AWS": "*"}, isPublic=True, action=[]
    )
