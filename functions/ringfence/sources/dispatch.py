"""An event of any service in, a finding out.

Only GuardDuty's parser is imported beforehand: containment of an instance waits for no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.guardduty import SOURCE
from ringfence.sources import guardduty
from ringfence.sources.envelope import Envelope, NotForUs, parse_json
from ringfence.sources.fields import shown

if TYPE_CHECKING:
    from ringfence.core.finding import Finding


def parse_text(text: str) -> Finding | NotForUs:
    """Parse an event as text, such as the body of an SQS message; raises BadInput."""
    return parse(parse_json(text))


def parse(event: object) -> Finding | NotForUs:
    """Turn an EventBridge event into a finding, or say why it is none for us.

    Raises BadInput naming the field for what claims to be a finding for us and cannot be used as one.
    """
    envelope = Envelope.of(event)
    return guardduty.read(envelope) if envelope.source == SOURCE else _of_another(envelope)


def _of_another(envelope: Envelope) -> Finding | NotForUs:
    from ringfence.core.cloudtrail import SOURCE as CLOUDTRAIL
    from ringfence.core.health import SOURCE as HEALTH
    from ringfence.sources import cloudtrail, health

    readers = {CLOUDTRAIL: cloudtrail.read, HEALTH: health.read}
    if reader := readers.get(envelope.source):
        return reader(envelope)
    known = ", ".join([SOURCE, *sorted(readers)])
    return NotForUs(f"the event's source is {shown(envelope.source)}, and only {known} are answered")
