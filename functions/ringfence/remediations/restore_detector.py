"""Enable a disabled GuardDuty detector, restore its settings, or recreate a deleted one.

A deleted detector loses its findings, filters, lists, members and destinations. The response reports that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import CHANGED_DETECTOR, DELETED_DETECTOR
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.detectors import DetectorStatus, restored_detector
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.steps.logging.detectors import CreateDetector, EnableDetector, SetDetectorOptions
from ringfence.steps.logging.logging_notes import detector_baseline
from ringfence.steps.logging.logging_plans import (
    detector_to_be_enabled,
    is_reviewed_only,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def not_put_back(detector: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must restore."""
    seen, before, id_ = detector[DetectorStatus], detector_baseline(incident), detector.ref.id
    if seen.setup is None and not seen.others and before is None and not is_reviewed_only(incident):
        yield (
            f"GuardDuty's detector {id_} was deleted, and its settings were never recorded: create one "
            "(`aws guardduty create-detector --enable`), and add it again in the administrator account"
        )
    if _is_replaced(detector, incident) and before:
        yield (
            f"GuardDuty's detector {id_} was deleted, and there is another one that Ringfence did not "
            f"create: compare its settings with the old ones: {before.key}"
        )
    if seen.setup is not None and not seen.enabled and not detector_to_be_enabled(detector, incident):
        yield (
            f"GuardDuty's detector {id_} is disabled, and the audit log does not show that it ever was "
            "enabled: enable it (`aws guardduty update-detector --enable`), or exempt it in the policy"
        )


def _is_replaced(detector: ResourceState, incident: Incident) -> bool:
    """Return whether somebody else created a detector to replace a deleted one."""
    seen = detector[DetectorStatus]
    made = any(isinstance(one, CreateDetector) for one in incident.past)
    return seen.setup is None and bool(seen.others) and not made


def undetected(detector: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what is lost permanently, and who is suspected."""
    seen, id_ = detector[DetectorStatus], detector.ref.id
    if seen.setup is None and seen.others:
        yield (
            f"detector {id_} was deleted with its findings, filters, lists, members and destinations; "
            "there is a new one: the administrator account must add it as a member again"
        )
    if any(isinstance(one, EnableDetector) for one in incident.past):
        yield f"GuardDuty did not analyze events while detector {id_} was disabled"
    yield from suspected(incident)


@remediation(
    id="restore-detector",
    title="Restore the settings of a GuardDuty detector",
    subject=LoggingRef,
    triggers=(CHANGED_DETECTOR, DELETED_DETECTOR, reviewed(REVIEW)),
    observations=(DetectorStatus,),
    steps=(EnableDetector, SetDetectorOptions, CreateDetector),
    references=("NIST 800-53 SI-4", "ATT&CK T1562.001"),
    countermeasures=("D3-RC",),
    residual_risk=undetected,
    needs_review=not_put_back,
)
def restore_detector(detector: ResourceState, incident: Incident) -> Iterator[Step]:
    """Enable it, restore its settings, or create one to replace it."""
    seen, before, id_ = detector[DetectorStatus], detector_baseline(incident), detector.ref.id
    if detector_to_be_enabled(detector, incident):
        yield EnableDetector(id_)
    if seen.setup and before:
        setup = restored_detector(before, seen.setup)
        if setup != seen.setup:
            yield SetDetectorOptions(id_, seen.setup, setup)
    if seen.setup is None and not seen.others and before:
        yield CreateDetector(id_, before)
