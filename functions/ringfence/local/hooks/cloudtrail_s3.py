"""Calls on buckets as CloudTrail records them: its own names for them, and the bucket's name.

ministack knows the IAM action and what stands in the address. Shapes: "CloudTrail log file entries for Amazon
S3" in the Amazon S3 user guide.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("DELETE", "PutBucketPublicAccessBlock"): "DeleteBucketPublicAccessBlock",
        ("DELETE", "PutEncryptionConfiguration"): "DeleteBucketEncryption",
        ("PUT", "PutEncryptionConfiguration"): "PutBucketEncryption",
    }
)
"""What CloudTrail calls a call whose IAM action has another name."""
_HEADERS = ("x-amz-acl", "x-amz-grant-", "x-amz-object-ownership")
"""Headers that are recorded as parameters, by how they begin."""


def shaped(
    action: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, dict[str, Any]]:
    """Return CloudTrail's name of a call, and its parameters as far as they are of use here."""
    bucket = path.strip("/").split("/")[0]
    parameters: dict[str, Any] = {"bucketName": bucket, "Host": headers.get("host", "")}
    parameters |= {name: one for name, one in headers.items() if one and name.startswith(_HEADERS)}
    if action == "PutBucketPolicy":
        parameters["bucketPolicy"] = _document(body)
    return _NAMES.get((method, action), action), parameters


def _document(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
