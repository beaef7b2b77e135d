"""Recorded creations of buckets that grant anything to anyone but their owner, and the pattern for them.

CloudTrail records the headers of the request among its parameters, a canned ACL as a text or as a list of
one. S3 takes either a canned ACL or grants, and today refuses public ones of a new bucket, whose public
access it blocks (`InvalidBucketAclWithBlockPublicAccessError`): where it did not, this is how they are seen.
Most buckets are made without either, and nobody looks at them.
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
"""The headers that grant a permission. To whom stands inside their text: it is looked at, not read."""


@frozen
class OpenCreationTrigger:
    """Creations of buckets with a public canned ACL, or with grants."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "bucket-creation"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the one pattern."""
        (pattern,) = recorded("s3", "CreateBucket").patterns()
        detail = pattern["detail"]
        granted = [{ACL: list(PUBLIC_ACLS)}, *({name: [{"exists": True}]} for name in GRANTS)]
        return ({**pattern, "detail": {**detail, "requestParameters": {"$or": granted}}},)  # type: ignore[dict-item]  # a mapping of our own making

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types: only of such creations is there any."""
        return finding.type in self.types


OPEN_CREATION = OpenCreationTrigger("cloudtrail-open-bucket", (CREATED,))
"""Buckets that may have been public from the first."""


def grants(parameters: Mapping[str, object]) -> bool:
    """Say whether a creation with these parameters grants anything to others, as the pattern does."""
    acls = parameters.get(ACL)
    canned = acls if isinstance(acls, list) else [acls]
    return any(one in PUBLIC_ACLS for one in canned if isinstance(one, str)) or any(
        isinstance(parameters.get(name), str | list) and parameters[name] != [] for name in GRANTS
    )
