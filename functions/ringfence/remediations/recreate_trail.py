"""Make a deleted trail again, as its baseline says: in its old bucket, with its old name, and start it.

Without a baseline nobody here knows what it was; an organization's is its management account's to make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.observations.logging.selectors import DEFAULT
from ringfence.observations.logging.trails import TrailStatus
from ringfence.record.notices import plain
from ringfence.steps.logging.logging_notes import RecordTrailBaseline, trail_baseline
from ringfence.steps.logging.logging_plans import DELETED, LONGEST, reported, restore, start
from ringfence.steps.logging.trail_creation import CreateTrail
from ringfence.steps.logging.trail_selectors import SetEventSelectors, SetInsightSelectors
from ringfence.steps.logging.trails import SetTrailOptions, StartTrail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def lost(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Say what a person has to make again, and how."""
    before = trail_baseline(incident)
    if not trail[TrailStatus].gone:
        return
    if before is None and reported(incident, DELETED):
        yield (
            f"trail {trail.ref.id} was deleted, and how it was set up was never noted: create it by hand "
            "(`aws cloudtrail create-trail`, `put-event-selectors`, `start-logging`)"
        )
    if before and before.options.organization:
        yield (
            f"trail {trail.ref.id} of the organization was deleted: the management account creates it again "
            "(`aws cloudtrail create-trail --is-organization-trail`): "
            f"{plain(RecordTrailBaseline(before).diff()[1], LONGEST)}"
        )


def unrecorded(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Say what the trail lacks, and who is suspected."""
    if any(isinstance(one, CreateTrail) for one in incident.past):
        yield (
            f"what happened while there was no trail {trail.ref.id} is not in its logs, and its log files "
            "begin a new chain of digests; CloudTrail's event history has the management events of 90 days"
        )
    yield from suspected(incident)


@remediation(
    id="recreate-trail",
    title="Create a deleted trail of CloudTrail again",
    subject=LoggingRef,
    triggers=(DELETED, reviewed(REVIEW)),
    observations=(TrailStatus,),
    steps=(CreateTrail, StartTrail, SetTrailOptions, SetEventSelectors, SetInsightSelectors),
    controls=("cloudtrail-multi-region",),
    references=("ATT&CK T1562.008",),
    residual_risk=unrecorded,
    needs_review=lost,
)
def recreate_trail(trail: ResourceState, incident: Incident) -> Iterator[Step]:
    """Make it, start it, tell it what to record; go on with what was begun."""
    before, seen, ref = trail_baseline(incident), trail[TrailStatus], trail.ref
    if before is None or before.options.organization:
        return
    if seen.gone:
        yield CreateTrail(ref.id, ref.region, ref.account, before.options, before.tags)
        yield StartTrail(ref.id)
        if before.selectors != DEFAULT:
            yield SetEventSelectors(ref.id, DEFAULT, before.selectors)
        if before.insights:
            yield SetInsightSelectors(ref.id, frozenset(), before.insights)
    elif any(isinstance(one, CreateTrail) for one in incident.past):
        yield from start(trail, incident)
        yield from restore(trail, incident)
