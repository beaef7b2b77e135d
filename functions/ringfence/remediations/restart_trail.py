"""Restart a stopped trail. It needs no baseline, only a record that it logged before.

If the account's only trail is stopped, there may be no event about it, so the review checks trails. A trail
that was stopped before the first record may be meant to be stopped: it is only reported. A trail whose
bucket refuses its logs is reported too, because AWS sends no event about that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import STOPPED_TRAIL
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.observations.logging.trails import TrailStatus
from ringfence.record.untrusted import plain
from ringfence.steps.logging.destinations import DESTINATION_OPTION
from ringfence.steps.logging.logging_plans import out_of_reach, start, trail_to_be_started
from ringfence.steps.logging.trails import SetTrailOptions, StartTrail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

_LONG = timedelta(days=1)


def still_stopped(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that a trail does not log, if Ringfence does nothing about it."""
    yield from out_of_reach(trail, incident)
    seen = trail[TrailStatus]
    if seen.setup is not None and not seen.logging and not trail_to_be_started(trail, incident):
        yield (
            f"trail {trail.ref.id} does not log, and the audit log does not show that it ever did: start it "
            "(`aws cloudtrail start-logging`), or exempt it in the policy"
        )


def undelivered(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that a trail logs and cannot deliver. The words stay the same while it cannot.

    The start time is included only after a day, because it changes with each successful delivery.
    """
    seen = trail[TrailStatus]
    if seen.setup is None or not seen.logging:
        return
    last = seen.delivery.last
    since = f" since {last:%Y-%m-%d %H:%M} UTC" if last and incident.now - last >= _LONG else ""
    for what, error, when in (
        ("log files", seen.delivery.logs, since),
        ("digests", seen.delivery.digests, ""),
    ):
        if error:
            yield (
                f"trail {trail.ref.id} cannot deliver {what} to bucket "
                f"{plain(seen.setup.options.bucket)}{when}: {plain(error)}. Fix the policy of the bucket "
                "or of the key for CloudTrail"
            )


def not_recording(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must fix."""
    yield from still_stopped(trail, incident)
    yield from undelivered(trail, incident)


def unrecorded(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what the logs lack, and who is suspected."""
    if any(isinstance(one, StartTrail) for one in incident.past):
        yield (
            f"events while trail {trail.ref.id} was stopped are not in its logs; CloudTrail's event "
            "history has the management events of 90 days"
        )
    yield from suspected(incident)


@remediation(
    id="restart-trail",
    title="Restart a stopped CloudTrail trail",
    subject=LoggingRef,
    triggers=(STOPPED_TRAIL, reviewed(REVIEW)),
    observations=(TrailStatus,),
    steps=(StartTrail, SetTrailOptions),
    options=(DESTINATION_OPTION,),
    controls=("cloudtrail-multi-region",),
    references=("ATT&CK T1562.008",),
    countermeasures=("D3-RC",),
    residual_risk=unrecorded,
    needs_review=not_recording,
)
def restart_trail(trail: ResourceState, incident: Incident) -> Iterator[Step]:
    """Start it."""
    yield from start(trail, incident)
