"""Require TLS for every request to a bucket, with one statement that is merged into the bucket policy.

All other statements stay. A release removes exactly this statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.observations.s3.calls import bucket_of, unreadable
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import free_sid, requires_tls
from ringfence.observations.s3.use import BucketUse
from ringfence.steps.s3.policy import AddTlsStatement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def speaks_http(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """The bucket is a website: its endpoint does not support TLS, so the website would be unavailable.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
    """
    if bucket[BucketUse].website:
        yield (
            f"bucket {bucket.ref.id} is a website, and S3 website endpoints do not support TLS: the "
            "website would be unavailable unless a distribution serves it through another endpoint"
        )


def who_speaks_http(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield where to find clients without TLS, because no setting of the bucket shows them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
    """
    if _is_missing(bucket):
        yield (
            f"clients without TLS lose their access to bucket {bucket.ref.id}; if recorded, its access "
            "logs (TLS version -) and CloudTrail data events (no tlsDetails) show them"
        )


def cannot_be_told(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield why nothing can be merged."""
    policy = bucket[BucketPolicy]
    if not policy.readable:
        yield unreadable(bucket.ref, "the policy")
    elif not policy.clear:
        yield (
            f"the policy of bucket {bucket.ref.id} cannot be parsed with certainty, so nothing was merged "
            "into it; a person must check"
        )


@remediation(
    id="require-tls",
    title="Require TLS for every request to a bucket",
    subject=BucketRef,
    triggers=(
        judged_by("s3-bucket-ssl-requests-only"),
        recorded("s3", "DeleteBucketPolicy", "PutBucketPolicy"),
    ),
    observations=(BucketPolicy, BucketUse),
    steps=(AddTlsStatement,),
    references=("ATT&CK T1040",),
    countermeasures=("D3-ET",),
    controls=("s3-ssl-requests-only",),
    residual_risk=who_speaks_http,
    needs_review=cannot_be_told,
    downgrade_reasons=speaks_http,
    workload_risk="clients without TLS: http:// links and the website endpoint",
)
def require_tls(bucket: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Add the statement unless others already require TLS."""
    if _is_missing(bucket):
        sid = free_sid(bucket[BucketPolicy].document)
        yield AddTlsStatement(bucket_of(bucket), sid, before=False, after=True)


def _is_missing(bucket: ResourceState) -> bool:
    """Return whether the policy certainly does not require TLS."""
    policy = bucket[BucketPolicy]
    return policy.clear and not requires_tls(policy.document, bucket_of(bucket).id)
