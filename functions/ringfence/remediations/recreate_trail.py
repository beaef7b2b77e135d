"""Recreate a deleted trail from its baseline, with its old name and bucket, and start it.

Without a baseline its settings are unknown. The management account must recreate an organization trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import DELETED_TRAIL
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.observations.logging.selectors import DEFAULT
from ringfence.observations.logging.trails import TrailStatus
from ringfence.record.untrusted import plain
from ringfence.steps.logging.destinations import DESTINATION_OPTION, trail_baseline
from ringfence.steps.logging.logging_notes import RecordTrailBaseline
from ringfence.steps.logging.logging_plans import LONGEST, reported, restore, start, wanted
from ringfence.steps.logging.trail_creation import CreateTrail
from ringfence.steps.logging.trail_selectors import SetEventSelectors, SetInsightSelectors
from ringfence.steps.logging.trails import SetTrailOptions, StartTrail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def lost(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must recreate, and how."""
    before = trail_baseline(incident, trail.ref.account)
    if not trail[TrailStatus].gone:
        return
    if before is None and reported(incident, DELETED_TRAIL):
        yield (
            f"trail {trail.ref.id} was deleted, and its settings were never recorded: create it manually "
            "(`aws cloudtrail create-trail`, `put-event-selectors`, `start-logging`)"
        )
    if before and before.options.organization:
        yield (
            f"organization trail {trail.ref.id} was deleted: recreate it in the management account (`aws "
            "cloudtrail create-trail --is-organization-trail`): "
            f"{plain(RecordTrailBaseline(before).diff()[1], LONGEST)}"
        )


def unrecorded(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what the logs lack, and who is suspected."""
    if any(isinstance(one, CreateTrail) for one in incident.past):
        yield (
            f"events while trail {trail.ref.id} did not exist are not in its logs, and its log files "
            "start a new digest chain; CloudTrail's event history has the management events of 90 days"
        )
    yield from suspected(incident)


@remediation(
    id="recreate-trail",
    title="Recreate a deleted CloudTrail trail",
    subject=LoggingRef,
    triggers=(DELETED_TRAIL, reviewed(REVIEW)),
    observations=(TrailStatus,),
    steps=(CreateTrail, StartTrail, SetTrailOptions, SetEventSelectors, SetInsightSelectors),
    options=(DESTINATION_OPTION,),
    controls=("cloudtrail-multi-region",),
    references=("ATT&CK T1562.008",),
    countermeasures=("D3-RC",),
    residual_risk=unrecorded,
    needs_review=lost,
)
def recreate_trail(trail: ResourceState, incident: Incident) -> Iterator[Step]:
    """Create it, start it and set its selectors. Resume an earlier attempt."""
    before, setup, ref = trail_baseline(incident, trail.ref.account), wanted(trail, incident), trail.ref
    if before is None or before.options.organization or setup is None:
        return
    if trail[TrailStatus].gone:
        yield CreateTrail(ref.id, ref.region, ref.account, setup.options, setup.tags)
        yield StartTrail(ref.id)
        if setup.selectors != DEFAULT:
            yield SetEventSelectors(ref.id, DEFAULT, setup.selectors)
        if setup.insights:
            yield SetInsightSelectors(ref.id, frozenset(), setup.insights)
    elif any(isinstance(one, CreateTrail) for one in incident.past):
        yield from start(trail, incident)
        yield from restore(trail, incident)
