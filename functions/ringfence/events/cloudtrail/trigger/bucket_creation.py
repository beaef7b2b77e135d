"""The trigger for new buckets with access for others than their owner, and its pattern.

CloudTrail records request headers among the parameters, a canned ACL as a text or as a list of one text. S3
accepts either a canned ACL or grants. Today it refuses public ones for a new bucket, because new buckets
block public access (`InvalidBucketAclWithBlockPublicAccessError`). This trigger covers buckets where it did
not. Most buckets are created without either and do not match.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.calls import recorded, type_of
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

CREATED = type_of("s3", "CreateBucket")
ACL = "x-amz-acl"
PUBLIC_ACLS = ("authenticated-read", "public-read", "public-read-write")
GRANTS = tuple(f"x-amz-grant-{one}" for one in ("full-control", "read", "read-acp", "write", "write-acp"))
"""The headers that grant a permission. Their text names the grantee and is not parsed here."""


@frozen
class OpenCreationTrigger:
    """Creations of buckets with a public canned ACL or with grants."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "bucket-creation"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern."""
        (pattern,) = recorded("s3", "CreateBucket").patterns()
        detail = pattern["detail"]
        granted = [{ACL: list(PUBLIC_ACLS)}, *({name: [{"exists": True}]} for name in GRANTS)]
        return ({**pattern, "detail": {**detail, "requestParameters": {"$or": granted}}},)  # type: ignore[dict-item]  # a mapping of our own making

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types. The parser creates no others."""
        return finding.type in self.types


OPEN_CREATION = OpenCreationTrigger("cloudtrail-open-bucket", (CREATED,))
"""Buckets that may be public since their creation."""


def grants(parameters: Mapping[str, object]) -> bool:
    """Return whether a creation with these parameters grants access to others. Agrees with the pattern."""
    acls = parameters.get(ACL)
    canned = acls if isinstance(acls, list) else [acls]
    return any(one in PUBLIC_ACLS for one in canned if isinstance(one, str)) or any(
        isinstance(parameters.get(name), str | list) and parameters[name] != [] for name in GRANTS
    )
