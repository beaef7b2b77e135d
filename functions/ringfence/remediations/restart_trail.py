"""Start a trail that somebody stopped: it needs no baseline, only that it logged before.

The stop of an only trail is the last thing that it records, and may be recorded by nobody: the review looks.
A trail that was stopped before anything was noted of it may be meant to be: a person is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.calls import recorded, type_of
from ringfence.core.remediation import remediation
from ringfence.core.reviews import reviewed
from ringfence.core.subject import LoggingRef
from ringfence.core.suspects import suspected
from ringfence.facets.trails import TrailStatus
from ringfence.steps.logging_notes import trail_baseline
from ringfence.steps.trails import StartTrail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step

REVIEW = "logging"
"""The scheduled review that all of this runbook answers."""
_STOP = "StopLogging"


def to_be_started(trail: Observed, incident: Incident) -> bool:
    """Say whether a stopped trail logged before, by a report or by its baseline."""
    logged = trail_baseline(incident) is not None or type_of("cloudtrail", _STOP) in incident.types
    seen = trail[TrailStatus]
    return seen.setup is not None and not seen.logging and logged


def out_of_reach(trail: Observed) -> Iterator[str]:
    """Say why a trail cannot be changed from here.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
    """
    seen, name = trail[TrailStatus], trail.ref.id
    if seen.gone:
        yield f"there is no trail {name} in {trail.ref.region}: it was deleted"
    elif not seen.ours(trail.ref):
        yield (
            f"trail {name} can be changed in its home {seen.home} of account {seen.owner} alone: what is "
            "shown of it here follows that"
        )
    elif seen.setup is None:
        yield f"trail {name} cannot be read from here; a person has to look"


def still_stopped(trail: Observed, incident: Incident) -> Iterator[str]:
    """Say that a trail does not log, where nothing is done about it."""
    yield from out_of_reach(trail)
    seen = trail[TrailStatus]
    if seen.setup is not None and not seen.logging and not to_be_started(trail, incident):
        yield (
            f"trail {trail.ref.id} does not log, and nothing says that it did since this was watched: start "
            "it (`aws cloudtrail start-logging`), or exempt it in the policy"
        )


def unrecorded(trail: Observed, incident: Incident) -> Iterator[str]:
    """Say what the trail lacks, and who is suspected."""
    if any(isinstance(one, StartTrail) for one in incident.past):
        yield (
            f"what happened while trail {trail.ref.id} was stopped is not in its logs; CloudTrail's event "
            "history has the management events of 90 days"
        )
    yield from suspected(incident)


def start(trail: Observed, incident: Incident) -> Iterator[Step]:
    """Yield the start, if it is to be started."""
    if to_be_started(trail, incident):
        yield StartTrail(trail.ref.id)


@remediation(
    id="restart-trail",
    title="Start a stopped trail of CloudTrail again",
    subject=LoggingRef,
    triggers=(recorded("cloudtrail", _STOP), reviewed(REVIEW)),
    facets=(TrailStatus,),
    steps=(StartTrail,),
    controls=("cloudtrail-multi-region",),
    references=("ATT&CK T1562.008",),
    exposure=unrecorded,
    review=still_stopped,
)
def restart_trail(trail: Observed, incident: Incident) -> Iterator[Step]:
    """Start it."""
    yield from start(trail, incident)
