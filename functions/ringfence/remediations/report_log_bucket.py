"""Report that somebody deletes logs: by a lifecycle rule of a bucket that receives logs, or with the bucket.

Nothing is changed. CloudTrail does not record which rules a bucket had before, and the name of a deleted
bucket is free for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import DELETED_LOG_BUCKET, LOG_BUCKET_LIFECYCLE
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.model.step import show
from ringfence.model.suspects import suspected
from ringfence.observations.s3.log_bucket import LogBucketUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def lost(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield which logs may be lost, and what a person must do."""
    seen, types = bucket[LogBucketUse], frozenset(incident.types)
    names = frozenset((*(f"trail {one}" for one in seen.trails), *seen.writers))
    if not names or not types.intersection((*LOG_BUCKET_LIFECYCLE.types, *DELETED_LOG_BUCKET.types)):
        return
    if types.intersection(DELETED_LOG_BUCKET.types):
        yield (
            f"bucket {bucket.ref.id} receives logs of {show(names)} and was deleted: create it again, in "
            "this account, before somebody else takes its name"
        )
    if types.intersection(LOG_BUCKET_LIFECYCLE.types):
        yield (
            f"the lifecycle rules of bucket {bucket.ref.id} were replaced, and it receives logs of "
            f"{show(names)}: check whether a rule deletes logs, and remove that rule within a day, because "
            "S3 applies rules once a day"
        )


def who(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the suspects, if logs may be lost."""
    if any(True for _ in lost(bucket, incident)):
        yield from suspected(incident)


@remediation(
    id="report-log-bucket",
    title="Report changes that delete logs in a bucket",
    subject=BucketRef,
    triggers=(LOG_BUCKET_LIFECYCLE, DELETED_LOG_BUCKET),
    observations=(LogBucketUse,),
    steps=(),
    references=("NIST 800-53 AU-9", "ATT&CK T1562.008", "ATT&CK T1485"),
    residual_risk=who,
    needs_review=lost,
)
def report_log_bucket(bucket: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing."""
    return iter(())
