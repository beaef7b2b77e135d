"""Put back what of a trail records less than its baseline: options, event selectors, Insights selectors.

What was strengthened since the baseline stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.core.calls import recorded
from ringfence.core.config_rules import judged_by
from ringfence.core.remediation import remediation
from ringfence.core.reviews import reviewed
from ringfence.core.subject import LoggingRef
from ringfence.core.suspects import suspected
from ringfence.facets.trails import TrailStatus
from ringfence.facets.weakening import ASPECTS, restored
from ringfence.remediations.restart_trail import REVIEW, out_of_reach
from ringfence.steps.logging_notes import trail_baseline
from ringfence.steps.trail_selectors import SetEventSelectors, SetInsightSelectors
from ringfence.steps.trails import SetTrailOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step
    from ringfence.facets.trails import TrailSetup

CHANGED = recorded("cloudtrail", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors")
_UNVALIDATED = judged_by("cloud-trail-log-file-validation-enabled")
_BY_HAND = ("organization",)
"""What only an organization's management account may put back, with rights that nobody here is given."""


def wanted(trail: Observed, incident: Incident) -> TrailSetup | None:
    """Return what a trail should be; None where there is none to be seen."""
    now, before = trail[TrailStatus].setup, trail_baseline(incident)
    if now is None:
        return None
    setup = restored(before, now, trail.ref.account) if before else now
    if set(_UNVALIDATED.types) & set(incident.types):
        setup = replace(setup, options=replace(setup.options, validation=True))
    return setup


def not_put_back(trail: Observed, incident: Incident) -> Iterator[str]:
    """Say what a person has to compare or put back."""
    yield from out_of_reach(trail)
    now, before = trail[TrailStatus].setup, trail_baseline(incident)
    if now and not before and set(CHANGED.types) & set(incident.types):
        yield (
            f"trail {trail.ref.id} was changed, and how it was set up before was never noted: compare it "
            "with what it should be; the next review takes it as it is then"
        )
    if now and before and before.options.organization and not now.options.organization:
        yield (
            f"trail {trail.ref.id} no longer records the organization's accounts: the management account "
            "puts that back (`aws cloudtrail update-trail --is-organization-trail`)"
        )


def suspects(trail: Observed, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Say who is suspected."""
    yield from suspected(incident)


def restore(trail: Observed, incident: Incident) -> Iterator[Step]:
    """Yield a step for each part that differs from what it should be."""
    now, setup, name = trail[TrailStatus].setup, wanted(trail, incident), trail.ref.id
    if now is None or setup is None:
        return
    for one in ASPECTS:
        if one.id not in _BY_HAND and one.of(now.options) != one.of(setup.options):
            yield SetTrailOptions(name, one.id, now.options, setup.options)
    if now.selectors != setup.selectors:
        yield SetEventSelectors(name, now.selectors, setup.selectors)
    if now.insights != setup.insights:
        yield SetInsightSelectors(name, now.insights, setup.insights)


@remediation(
    id="restore-trail",
    title="Put back what a trail of CloudTrail no longer records",
    subject=LoggingRef,
    triggers=(CHANGED, _UNVALIDATED, reviewed(REVIEW)),
    facets=(TrailStatus,),
    steps=(SetTrailOptions, SetEventSelectors, SetInsightSelectors),
    controls=("cloudtrail-multi-region", "cloudtrail-log-file-validation"),
    references=("ATT&CK T1562.008",),
    exposure=suspects,
    review=not_put_back,
)
def restore_trail(trail: Observed, incident: Incident) -> Iterator[Step]:
    """Put back what is weaker."""
    yield from restore(trail, incident)
