"""Restore settings of a trail that are weaker than its baseline: options and selectors.

Settings that are stronger than the baseline stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import CHANGED_TRAIL
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.observations.logging.trails import TrailStatus
from ringfence.steps.logging.destinations import DESTINATION_OPTION, trail_baseline
from ringfence.steps.logging.logging_plans import UNVALIDATED, out_of_reach, reported, restore
from ringfence.steps.logging.trail_selectors import SetEventSelectors, SetInsightSelectors
from ringfence.steps.logging.trails import SetTrailOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def not_put_back(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must compare or restore."""
    yield from out_of_reach(trail, incident)
    now, before = trail[TrailStatus].setup, trail_baseline(incident, trail.ref.account)
    if now and not before and reported(incident, CHANGED_TRAIL):
        yield (
            f"trail {trail.ref.id} was changed, and its settings were never recorded before: check its "
            "settings; the next review records them as the baseline"
        )
    if now and before and before.options.organization and not now.options.organization:
        yield (
            f"trail {trail.ref.id} no longer records the organization's accounts: restore that in the "
            "management account (`aws cloudtrail update-trail --is-organization-trail`)"
        )


def suspects(trail: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield who is suspected."""
    yield from suspected(incident)


@remediation(
    id="restore-trail",
    title="Restore the settings of a CloudTrail trail",
    subject=LoggingRef,
    triggers=(CHANGED_TRAIL, UNVALIDATED, reviewed(REVIEW)),
    observations=(TrailStatus,),
    steps=(SetTrailOptions, SetEventSelectors, SetInsightSelectors),
    options=(DESTINATION_OPTION,),
    controls=("cloudtrail-multi-region", "cloudtrail-log-file-validation"),
    references=("ATT&CK T1562.008",),
    countermeasures=("D3-RC",),
    residual_risk=suspects,
    needs_review=not_put_back,
)
def restore_trail(trail: ResourceState, incident: Incident) -> Iterator[Step]:
    """Restore the weaker settings."""
    yield from restore(trail, incident)
