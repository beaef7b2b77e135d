"""Log the requests to a bucket, to the log bucket in the policy, and never to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.events.guardduty.trigger.buckets import UNLOGGED_BUCKET
from ringfence.model.codec import value
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.observations.s3.calls import BucketObservation, bucket_of, on_buckets, unreadable
from ringfence.observations.s3.deliveries import ACCESS_LOG_BUCKET, ACCESS_LOG_OPTION
from ringfence.steps.s3.calls import BucketSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

_BILLED = "the logs are stored and billed until a lifecycle rule expires them"


@value
class LogTarget:
    """Where logs go: the name of a bucket, and how the names of the logs in it begin."""

    bucket: str
    prefix: str = ""

    @property
    def key(self) -> str:
        """Both in one."""
        return f"{self.bucket}/{self.prefix}"


@value
class AccessLogging(BucketObservation):
    """Where the requests to a bucket are logged.

    Attributes
    ----------
    target : LogTarget or None
        The target; None if requests are not logged.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html
    """

    target: LogTarget | None = None

    operation: ClassVar = "GetBucketLogging"
    permissions: ClassVar = on_buckets("GetBucketLogging")

    @classmethod
    def of_answer(cls, answer: Document) -> Self:
        """Read the target."""
        if not answer.has("LoggingEnabled"):
            return cls()
        enabled = answer.child("LoggingEnabled")
        return cls(LogTarget(enabled.text("TargetBucket"), enabled.optional_text("TargetPrefix") or ""))


@value
class SetAccessLogging(BucketSetting):
    """Turn on access logging of a bucket. A release turns it off again.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html
    """

    before: LogTarget | None
    after: LogTarget | None

    aspect: ClassVar = "access-logging"
    observation: ClassVar = AccessLogging
    field: ClassVar = "target"
    operation: ClassVar = "PutBucketLogging"
    permissions: ClassVar = on_buckets("PutBucketLogging")
    refused: ClassVar = (
        "CrossLocationLoggingProhibited",
        "InvalidArgument",
        "InvalidRequest",
        "InvalidTargetBucketForLogging",
    )

    def parameters(self) -> dict[str, object]:
        """Name the target, or none."""
        status: dict[str, object] = {}
        if self.after:
            status["LoggingEnabled"] = {"TargetBucket": self.after.bucket, "TargetPrefix": self.after.prefix}
        return {"BucketLoggingStatus": status}

    def describe(self) -> str:
        """Describe the change."""
        if self.after is None:
            return f"no longer log requests to bucket {self.bucket.id}"
        return f"log requests to bucket {self.bucket.id} to {self.after.key}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return _BILLED if self.after else ""


def not_configured(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must set before requests can be logged."""
    seen, target = bucket[AccessLogging], incident.choice(ACCESS_LOG_BUCKET)
    if not seen.readable:
        yield unreadable(bucket.ref, "access logging")
    elif seen.target is None and not target:
        yield (
            f"requests to bucket {bucket.ref.id} are not logged: set a log bucket of the same account and "
            f"region in the policy with `{ACCESS_LOG_BUCKET}`"
        )
    elif seen.target is None and target == bucket.ref.id:
        yield (
            f"bucket {bucket.ref.id} is the log bucket, and its own log files would cause new log entries "
            "without end: a person must choose another log bucket for it, or exempt it in the policy"
        )


def relies_on_target(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the conditions for the delivery of logs.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    target = incident.choice(ACCESS_LOG_BUCKET)
    if target not in {"", bucket.ref.id}:
        yield (
            f"S3 delivers the logs only if the policy of bucket {target} allows logging.s3.amazonaws.com to "
            "write; S3 delivers them hours later, and some can be lost"
        )


@remediation(
    id="log-bucket-access",
    title="Log the requests to a bucket",
    subject=BucketRef,
    triggers=(judged_by("s3-bucket-logging-enabled"), recorded("s3", "PutBucketLogging"), UNLOGGED_BUCKET),
    observations=(AccessLogging,),
    steps=(SetAccessLogging,),
    references=("ATT&CK T1530", "ATT&CK T1562.008"),
    controls=("s3-access-logging",),
    options=(ACCESS_LOG_OPTION,),
    cost=_BILLED,
    residual_risk=relies_on_target,
    needs_review=not_configured,
)
def log_bucket_access(bucket: ResourceState, incident: Incident) -> Iterator[Step]:
    """Log to the policy's bucket if nothing is logged. An existing target stays."""
    seen, target = bucket[AccessLogging], incident.choice(ACCESS_LOG_BUCKET)
    if seen.readable and seen.target is None and target not in {"", bucket.ref.id}:
        yield SetAccessLogging(bucket_of(bucket), None, LogTarget(target, f"{bucket.ref.id}/"))
