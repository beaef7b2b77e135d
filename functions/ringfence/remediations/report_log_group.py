"""Report that somebody deletes or masks the events that a trail delivers to a log group.

Nothing is changed: deleted events cannot be restored, and CloudTrail still delivers to the trail's bucket.
Metric filters and subscriptions see events as a data protection policy masks them, or as a transformer
changes them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import (
    CHANGED_LOG_GROUP,
    DELETED_LOG_GROUP,
    SHORTENED_LOG_GROUP,
)
from ringfence.model.remediation import remediation
from ringfence.model.step import show
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.log_groups import LogGroupUse
from ringfence.steps.logging.logging_plans import reported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def lost(group: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield which events may be lost or changed, and what a person must do."""
    trails = group[LogGroupUse].trails
    if not trails:
        return
    if reported(incident, DELETED_LOG_GROUP):
        yield (
            f"log group {group.ref.id} was deleted, and {show(trails)} delivered events to it: create it "
            "again; alarms on its metric filters are gone as well"
        )
    if reported(incident, SHORTENED_LOG_GROUP):
        yield (
            f"the retention of log group {group.ref.id} was set or streams of it were deleted, and "
            f"{show(trails)} delivers events to it: check whether events are missing"
        )
    if reported(incident, CHANGED_LOG_GROUP):
        yield (
            f"a policy or a transformer of log group {group.ref.id} changes the events that "
            f"{show(trails)} delivers to it: alarms on its metric filters may no longer ring, so check what "
            "is masked or changed"
        )


def who(group: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the suspects, if events may be lost."""
    if any(True for _ in lost(group, incident)):
        yield from suspected(incident)


@remediation(
    id="report-log-group",
    title="Report changes that delete or mask events in the log group of a trail",
    subject=LoggingRef,
    triggers=(DELETED_LOG_GROUP, SHORTENED_LOG_GROUP, CHANGED_LOG_GROUP),
    observations=(LogGroupUse,),
    steps=(),
    references=("NIST 800-53 AU-9", "ATT&CK T1562.008"),
    residual_risk=who,
    needs_review=lost,
)
def report_log_group(group: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing."""
    return iter(())
