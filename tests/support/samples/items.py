"""Items of AWS Config."""

from __future__ import annotations

from typing import Any

VERSIONS = {"BucketVersioningConfiguration": {"status": "Enabled"}}
"""What the item of a bucket that keeps versions has beside its configuration."""


def bucket_item(id_: str, **beside: object) -> dict[str, Any]:
    """Return the item of a bucket."""
    return {
        "accountId": "111122223333",
        "awsRegion": "eu-west-1",
        "resourceId": id_,
        "resourceType": "AWS::S3::Bucket",
        "configuration": {"name": id_},
        "supplementaryConfiguration": beside,
    }
