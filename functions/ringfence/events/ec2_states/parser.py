"""Parse state changes of EC2 instances.

Shape: "EC2 Instance State-change Notification". It has no unique id: an instance can enter a state twice.
So the id of the finding contains the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events import resource_refs as named
from ringfence.events.ec2_states.trigger import DETAIL_TYPE, PREFIX, SEVERITY, SOURCE, STATES
from ringfence.events.envelope import NotForUs
from ringfence.model.codec import instant_text
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for a state change, or why it is not for Ringfence. Raises BadInput."""
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    whole, detail = envelope.document, envelope.document.child("detail")
    state = detail.text("state")
    if state not in STATES:
        return NotForUs(f"{fields.formatted(state)} is not a state of an instance")
    account = fields.account(whole, "account")
    region = fields.region(whole, "region")
    at = fields.instant(whole, "time")
    subject = named.ref(InstanceRef, detail.at("instance-id"), detail.text("instance-id"), account, region)
    return Finding(
        source=SOURCE,
        id=f"{subject.id}/{state}/{instant_text(at)}",
        type=PREFIX + state,
        severity=SEVERITY,
        account=account,
        region=region,
        title=f"{subject.id} is {state}",
        updated_at=at,
        last_seen=at,
        subjects=(subject,),
        routine=True,
        digest=envelope.digest,
    )
