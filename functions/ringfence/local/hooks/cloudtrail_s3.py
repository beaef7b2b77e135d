"""CloudTrail records of calls on buckets: CloudTrail's names of the calls, and the bucket's name.

ministack knows the IAM action and the URL. Shapes: "CloudTrail log file entries for Amazon S3" in the
Amazon S3 user guide.
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
"""CloudTrail's names of calls whose IAM action has another name."""
_HEADERS = ("x-amz-acl", "x-amz-grant-", "x-amz-object-ownership")
"""The prefixes of headers that are recorded as parameters."""


def shaped(
    action: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, dict[str, Any]]:
    """Return CloudTrail's name of a call, and those of its parameters that are needed here."""
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
