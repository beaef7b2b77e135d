"""Keep versions of a bucket's objects, so that overwritten and deleted objects can be recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.codec import value
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.observations.s3.calls import BucketObservation, bucket_of, on_buckets, unreadable
from ringfence.steps.s3.calls import BucketSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

ENABLED, SUSPENDED, NEVER = "Enabled", "Suspended", ""
_BILLED = "every version is stored and billed until it is deleted or a lifecycle rule expires it"
_NO_WAY_BACK = "versioning is suspended; S3 cannot return a bucket to the state before versioning"


@value
class BucketVersioning(BucketObservation):
    """Whether a bucket keeps versions, by `status`; empty for never enabled.

    With `mfa_delete` only the account's root user can change it, with a code.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
    """

    status: str = NEVER
    mfa_delete: bool = False

    operation: ClassVar = "GetBucketVersioning"
    permissions: ClassVar = on_buckets("GetBucketVersioning")

    @classmethod
    def of_answer(cls, answer: Document) -> Self:
        """Read both."""
        return cls(answer.optional_text("Status") or NEVER, answer.optional_text("MFADelete") == ENABLED)


@value
class SetBucketVersioning(BucketSetting):
    """Enable or suspend versioning. S3 cannot return a bucket to the state before versioning.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
    """

    before: str
    after: str

    aspect: ClassVar = "versioning"
    observation: ClassVar = BucketVersioning
    field: ClassVar = "status"
    operation: ClassVar = "PutBucketVersioning"
    permissions: ClassVar = on_buckets("PutBucketVersioning")
    refused: ClassVar = ("InvalidBucketState", "InvalidRequest")  # object lock and replication need versions
    kept_as: ClassVar = {NEVER: SUSPENDED}
    labels: ClassVar = {NEVER: "never enabled"}
    notes: ClassVar = {NEVER: _NO_WAY_BACK}
    consequences: ClassVar = {ENABLED: _BILLED}

    def parameters(self) -> dict[str, object]:
        """Suspended is as far back as it goes."""
        return {"VersioningConfiguration": {"Status": self.kept(self.after)}}

    def describe(self) -> str:
        """Describe the change."""
        if self.after == ENABLED:
            return f"keep versions of the objects in bucket {self.bucket.id}"
        return f"suspend versioning of bucket {self.bucket.id}; existing versions stay"


def by_root_alone(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what only the root user can change."""
    seen = bucket[BucketVersioning]
    if not seen.readable:
        yield unreadable(bucket.ref, "versioning")
    elif seen.mfa_delete and seen.status != ENABLED:
        yield (
            f"versioning of bucket {bucket.ref.id} is suspended and protected by MFA delete: only the "
            "account's root user can enable it, with a code"
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
    cost=_BILLED,
    needs_review=by_root_alone,
)
def version_bucket(bucket: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Enable versioning. A release suspends it, because S3 cannot return to the state before versioning."""
    seen = bucket[BucketVersioning]
    if seen.readable and seen.status != ENABLED and not seen.mfa_delete:
        yield SetBucketVersioning(bucket_of(bucket), seen.status, ENABLED)
