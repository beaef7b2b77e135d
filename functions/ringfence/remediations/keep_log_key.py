"""Keep the KMS keys of CloudTrail logs and of Ringfence: cancel the deletion of a key and enable it.

Without its key CloudTrail cannot deliver logs, and existing logs cannot be read. Without its keys Ringfence
records nothing after some minutes, and then it changes nothing. So a person is notified in any case. Other
keys are not changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import NEW_KEY_POLICY, TAKEN_KEY
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.step import show
from ringfence.model.subject import LoggingRef
from ringfence.model.suspects import suspected
from ringfence.observations.logging.log_keys import TO_BE_DELETED, USABLE, LogKey
from ringfence.observations.logging.logging_subjects import REVIEW
from ringfence.steps.logging.log_keys import CancelDeletion, EnableKey
from ringfence.steps.logging.logging_plans import (
    key_to_be_kept,
    reported,
    users_of_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def not_kept(key: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that a key cannot be used, if Ringfence does nothing about it, and what was done to its own."""
    state, trails = key[LogKey].state, users_of_key(key, incident)
    if key[LogKey].own:
        yield from _of_ringfence(key, incident)
    if trails and reported(incident, NEW_KEY_POLICY):
        yield (
            f"the policy of KMS key {key.ref.id} was replaced: check that {show(trails)} may still encrypt "
            "with it, and that the people who read the logs may decrypt"
        )
    if not trails or state == USABLE or key_to_be_kept(key, incident):
        return
    what = state or "gone"
    yield (
        f"KMS key {key.ref.id} is {what}: {show(trails)} cannot write with it, and existing logs cannot "
        "be read. Enable it, or set another key for the trails (`aws cloudtrail update-trail "
        "--kms-key-id`)"
    )


def _of_ringfence(key: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must find out about a call on a key of Ringfence."""
    if reported(incident, TAKEN_KEY):
        yield (
            f"TAMPERING: KMS key {key.ref.id}, which is a key of Ringfence, was disabled or scheduled for "
            f"deletion, and is {key[LogKey].state or 'gone'} now. Without its keys Ringfence records nothing "
            "and changes nothing. Enable the key if it is not, and ask who did it: its policy lets only the "
            "root user and break-glass roles"
        )


def unreadable(key: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield which logs could not be written, and who is suspected."""
    trails = users_of_key(key, incident)
    if trails and any(isinstance(one, EnableKey) for one in incident.past):
        yield (
            f"while KMS key {key.ref.id} could not be used, {show(trails)} could not deliver logs; "
            "CloudTrail retries for some time"
        )
    if trails or key[LogKey].own:
        yield from suspected(incident)


@remediation(
    id="keep-log-key",
    title="Keep the KMS keys of CloudTrail logs and of Ringfence",
    subject=LoggingRef,
    triggers=(TAKEN_KEY, NEW_KEY_POLICY, reviewed(REVIEW)),
    observations=(LogKey,),
    steps=(CancelDeletion, EnableKey),
    references=("NIST 800-53 AU-9", "NIST 800-53 SC-12", "ATT&CK T1485"),
    countermeasures=("D3-RC",),
    residual_risk=unreadable,
    needs_review=not_kept,
)
def keep_log_key(key: ResourceState, incident: Incident) -> Iterator[Step]:
    """Cancel the deletion, which leaves the key disabled, and enable it."""
    if not key_to_be_kept(key, incident):
        return
    if key[LogKey].state in TO_BE_DELETED:
        yield CancelDeletion(key.ref.id)
    yield EnableKey(key.ref.id)
