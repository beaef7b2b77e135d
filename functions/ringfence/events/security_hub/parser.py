"""Read the events of Security Hub as the findings in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import NotForUs
from ringfence.events.fields import formatted
from ringfence.events.security_hub.asff import event_of
from ringfence.events.security_hub.trigger import IMPORTED, SOURCE
from ringfence.events.taken_in import Incoming
from ringfence.model.document import Document
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.events.envelope import Envelope
    from ringfence.model.finding import Finding


def parts(event: Document) -> Iterator[Incoming]:
    """Yield each finding of an event. Raises BadInput for an event without a list of findings."""
    kind = event.text("detail-type")
    if kind != IMPORTED:
        reason = NotForUs(f"the event of Security Hub is of type {formatted(kind)}")
        yield Incoming("", reason, None, event.value)
        return
    detail = event.child("detail")
    found = detail.items("findings")
    if not found:
        raise BadInput(detail.at("findings"), "must contain a finding")
    for number, finding in enumerate(found):
        alone = {**event.value, "detail": {**detail.value, "findings": [finding]}}
        place = f"detail.findings[{number}]"
        try:
            yield Incoming(place, event_of(Document.of(finding, place)), None, alone)
        except BadInput as error:
            yield Incoming(place, None, error, alone)


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return why an event is not for a runbook: the intake passes the findings in it on."""
    kind = formatted(envelope.detail_type)
    return NotForUs(f"the event is of type {kind}, from {SOURCE}; the intake reads the findings in it")
