"""Record the logging settings as a baseline while logging works. Later restores use this record.

A new baseline is never weaker than the old one: the stronger setting stays. An owner who wants less logging
releases the incident, and the next review records the current settings. Or the policy exempts the resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.observations.logging.detectors import DetectorStatus, restored_detector
from ringfence.observations.logging.log_keys import USABLE, LogKey
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.observations.logging.recorders import RecorderStatus, narrower
from ringfence.observations.logging.trails import TrailStatus
from ringfence.steps.logging.destinations import (
    DESTINATION_OPTION,
    trail_baseline,
    unconfirmed,
    unconfirmed_destinations,
)
from ringfence.steps.logging.logging_notes import (
    RecordDetectorBaseline,
    RecordKeyBaseline,
    RecordRecorderBaseline,
    RecordTrailBaseline,
    detector_baseline,
    key_baseline,
    recorder_baseline,
)
from ringfence.steps.logging.logging_plans import (
    detector_to_be_enabled,
    key_to_be_kept,
    recorder_to_be_started,
    trail_to_be_started,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@remediation(
    id="record-logging-baseline",
    title="Record the logging settings as a baseline while logging works",
    subject=LoggingRef,
    triggers=(reviewed(REVIEW),),
    observations=(TrailStatus, RecorderStatus, DetectorStatus, LogKey),
    steps=(RecordTrailBaseline, RecordRecorderBaseline, RecordDetectorBaseline, RecordKeyBaseline),
    references=("NIST 800-53 CM-2", "NIST 800-53 CM-3"),
    options=(DESTINATION_OPTION,),
    needs_review=unconfirmed_destinations,
)
def record_logging_baseline(subject: ResourceState, incident: Incident) -> Iterator[Step]:
    """Record changed settings that are not weaker. The first record needs enabled logging."""
    yield from _trail(subject, incident)
    yield from _recorder(subject, incident)
    yield from _detector(subject, incident)
    yield from _key(subject, incident)


def _trail(subject: ResourceState, incident: Incident) -> Iterator[Step]:
    """Record a trail that logs to confirmed destinations. A run by a person confirms them."""
    account = subject.ref.account
    seen, before, setup = subject[TrailStatus], trail_baseline(incident, account), wanted(subject, incident)
    on = before or seen.logging or trail_to_be_started(subject, incident)
    if not setup or not on:
        return
    strange = bool(unconfirmed(setup.options, incident, account))
    if strange and not incident.requested:
        return
    if strange or setup != before:
        yield RecordTrailBaseline(setup, confirmed=strange)


def _recorder(subject: ResourceState, incident: Incident) -> Iterator[Step]:
    seen, before = subject[RecorderStatus], recorder_baseline(incident)
    on = before or seen.recording or recorder_to_be_started(subject, incident)
    if seen.setup and on and seen.setup != before and not (before and narrower(before, seen.setup)):
        yield RecordRecorderBaseline(seen.setup)


def _detector(subject: ResourceState, incident: Incident) -> Iterator[Step]:
    seen, before = subject[DetectorStatus], detector_baseline(incident)
    on = before or seen.enabled or detector_to_be_enabled(subject, incident)
    if seen.setup and on:
        setup = restored_detector(before, seen.setup) if before else seen.setup
        if setup != before:
            yield RecordDetectorBaseline(setup)


def _key(subject: ResourceState, incident: Incident) -> Iterator[Step]:
    """Return the trails of a key. A key stays in the baseline even if its trails no longer use it."""
    seen, before = subject[LogKey], key_baseline(incident)
    on = before or seen.state == USABLE or key_to_be_kept(subject, incident)
    if seen.trails and on and seen.trails != before:
        yield RecordKeyBaseline(seen.trails)
