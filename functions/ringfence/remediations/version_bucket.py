"""Keep versions of a bucket's objects, so that overwritten and deleted objects can be recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.observations.s3.calls import bucket_of, unreadable
from ringfence.observations.s3.versioning import ENABLED, BucketVersioning
from ringfence.steps.s3.versioning import SetBucketVersioning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def by_root_alone(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what only the root user can change.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
    """
    seen = bucket[BucketVersioning]
    if not seen.readable:
        yield unreadable(bucket.ref, "versioning")
    elif seen.mfa_delete and seen.status != ENABLED:
        yield (
            f"versioning of bucket {bucket.ref.id} is suspended and protected by MFA delete: only the "
            "account's root "
            "user can enable it, with a code"
        )


@remediation(
    id="version-bucket",
    title="Keep versions of a bucket's objects",
    subject=BucketRef,
    triggers=(judged_by("s3-bucket-versioning-enabled"), recorded("s3", "PutBucketVersioning")),
    observations=(BucketVersioning,),
    steps=(SetBucketVersioning,),
    references=("ATT&CK T1485", "ATT&CK T1486"),
    controls=("s3-versioning",),
    cost="every version is stored and billed until it is deleted or a lifecycle rule expires it",
    needs_review=by_root_alone,
)
def version_bucket(bucket: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Enable versioning. A release suspends it, because S3 cannot return to the state before versioning."""
    seen = bucket[BucketVersioning]
    if seen.readable and seen.status != ENABLED and not seen.mfa_delete:
        yield SetBucketVersioning(bucket_of(bucket), seen.status, ENABLED)
