"""Remove public grants from a bucket's ACL: to S3's groups AllUsers and AuthenticatedUsers.

All other grants stay. With disabled ACLs (`BucketOwnerEnforced`) there is nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.access_analyzer.trigger import public
from ringfence.events.cloudtrail.trigger.bucket_creation import OPEN_CREATION
from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.events.guardduty.trigger.buckets import EXPOSED_BUCKET, BucketTrigger
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.calls import bucket_of, unreadable
from ringfence.observations.s3.exposure import public_by_intent, public_of_late
from ringfence.observations.s3.use import BucketPast, BucketUse
from ringfence.steps.s3.acl import SetPublicGrants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

_GRANTED = BucketTrigger(
    EXPOSED_BUCKET.id, tuple(one for one in EXPOSED_BUCKET.types if one.endswith("Granted"))
)


def objects_too(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what the ACL of the bucket does not cover, and what does not keep it public."""
    yield from public_of_late(bucket, incident)
    if not bucket[BucketAcl].enforced:
        yield (
            f"the ACLs of the objects in bucket {bucket.ref.id} were not read; disabling ACLs "
            "(BucketOwnerEnforced) makes all of them ineffective"
        )


def cannot_be_told(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what S3 does not show."""
    acl = bucket[BucketAcl]
    if not acl.readable and not acl.enforced:
        yield unreadable(bucket.ref, "the ACL")


@remediation(
    id="remove-public-grants",
    title="Remove public grants from a bucket's ACL",
    subject=BucketRef,
    triggers=(
        judged_by("s3-bucket-public-read-prohibited", "s3-bucket-public-write-prohibited"),
        recorded("s3", "PutBucketAcl"),
        OPEN_CREATION,
        _GRANTED,
        public("bucket"),
    ),
    observations=(BucketAcl, BucketUse, BucketPast),
    steps=(SetPublicGrants,),
    references=("ATT&CK T1530",),
    countermeasures=("D3-UAP",),
    controls=("s3-public-access-block",),
    residual_risk=objects_too,
    needs_review=cannot_be_told,
    downgrade_reasons=public_by_intent,
)
def remove_public_grants(bucket: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Keep every grant except the public ones."""
    if granted := bucket[BucketAcl].public:
        yield SetPublicGrants(bucket_of(bucket), granted, frozenset())
