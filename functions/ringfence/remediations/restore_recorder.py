"""Restart a stopped configuration recorder. Report one that was deleted or records less.

The owner decides what a recorder records, and each item costs money. So settings are reported and not
restored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import CHANGED_RECORDER, DELETED_RECORDER, STOPPED_RECORDER
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.observations.logging.recorders import RecorderStatus, narrower
from ringfence.record.untrusted import plain
from ringfence.steps.logging.logging_notes import recorder_baseline
from ringfence.steps.logging.logging_plans import (
    is_reviewed_only,
    recorder_to_be_started,
    reported,
)
from ringfence.steps.logging.recorders import StartRecorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

LONGEST = 4000
"""Maximum characters of the settings that a person must restore: enough for many resource types."""


def not_put_back(recorder: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must restore, and the old settings."""
    for words in _not_put_back(recorder, incident):
        yield plain(words, LONGEST)


def _not_put_back(recorder: ResourceState, incident: Incident) -> Iterator[str]:
    seen, before, name = recorder[RecorderStatus], recorder_baseline(incident), recorder.ref.id
    how = "`aws configservice put-configuration-recorder`"
    if seen.setup is None:
        if before is None and is_reviewed_only(incident):
            return
        was = f"its settings were: {before.key}" if before else "its settings were never recorded"
        yield f"configuration recorder {name} was deleted: recreate it ({how}) and start it; {was}"
        return
    if not seen.recording and not recorder_to_be_started(recorder, incident):
        yield (
            f"configuration recorder {name} does not record, and the audit log does not show that it "
            "ever did: start it (`aws configservice start-configuration-recorder`), or exempt it in the "
            "policy"
        )
    if seen.failure:
        yield (
            f"configuration recorder {name} runs and fails to record: {seen.failure}: give its role, or the "
            "policies of its bucket and key, the permission that is missing"
        )
    if before:
        for words in narrower(before, seen.setup):
            yield (
                f"configuration recorder {name}: {words}; restore it ({how}); its settings were: {before.key}"
            )
    elif reported(incident, CHANGED_RECORDER):
        yield (
            f"the settings of configuration recorder {name} were changed, and the old ones were never "
            f"recorded: they are now {seen.setup.key}"
        )


def unrecorded(recorder: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what the recorder lacks, and who is suspected."""
    if any(isinstance(one, StartRecorder) for one in incident.past):
        yield (
            f"changes that were made and reverted while configuration recorder {recorder.ref.id} was "
            "stopped are in none of its items"
        )
    yield from suspected(incident)


@remediation(
    id="restore-recorder",
    title="Restart a stopped configuration recorder, and report reduced recording",
    subject=LoggingRef,
    triggers=(STOPPED_RECORDER, CHANGED_RECORDER, DELETED_RECORDER, reviewed(REVIEW)),
    observations=(RecorderStatus,),
    steps=(StartRecorder,),
    references=("NIST 800-53 CM-3", "NIST 800-53 CM-8", "ATT&CK T1562.008"),
    countermeasures=("D3-RC",),
    residual_risk=unrecorded,
    needs_review=not_put_back,
)
def restore_recorder(recorder: ResourceState, incident: Incident) -> Iterator[Step]:
    """Start it."""
    if recorder_to_be_started(recorder, incident):
        yield StartRecorder(recorder.ref.id)
