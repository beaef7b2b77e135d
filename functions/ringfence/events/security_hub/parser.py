"""Read the events of Security Hub as the findings in them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.envelope import NotForUs
from ringfence.events.fields import formatted
from ringfence.events.security_hub import asff, ocsf
from ringfence.events.security_hub.told import finding_of
from ringfence.events.security_hub.trigger import CUSTOM_ACTION, IMPORTED, IMPORTED_V2, INSIGHTS, SOURCE
from ringfence.events.taken_in import Incoming
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.record.received import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.events.envelope import Envelope
    from ringfence.model.finding import Finding

    Event = Mapping[str, object]


_FORMS = MappingProxyType({IMPORTED: asff.event_of, IMPORTED_V2: ocsf.event_of})
"""What reads a finding of each type of event."""


def parts(event: Document) -> Iterator[Incoming]:
    """Yield each finding of an event. Raises BadInput for an event without a list of findings."""
    event_of = _FORMS[event.text("detail-type")]
    detail = event.child("detail")
    found = detail.items("findings")
    if not found:
        raise BadInput(detail.at("findings"), "must contain a finding")
    for number, finding in enumerate(found):
        alone = {**event.value, "detail": {**detail.value, "findings": [finding]}}
        place = f"detail.findings[{number}]"
        try:
            read = Document.of(finding, place)
            yield Incoming(place, _with_origin(event_of(read), read), None, alone)
        except BadInput as error:
            yield Incoming(place, None, error, alone)


def _with_origin(event: Event | NotForUs, finding: Document) -> Event | NotForUs:
    """Return the event with what leads back to the finding, so that it can say what was done about it."""
    if isinstance(event, NotForUs):
        return event
    product = finding.optional_child("metadata").optional_child("product")
    origin = {
        "Id": finding.value.get("Id") or finding.optional_child("finding_info").value.get("uid"),
        "ProductArn": finding.value.get("ProductArn") or product.value.get("uid"),
    }
    return {**event, ORIGIN: origin}


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return the finding of an event that the intake passed on, or why it is none."""
    if envelope.detail_type in _FORMS and len(envelope.document.child("detail").items("findings")) == 1:
        return finding_of(envelope.document, envelope.digest)
    if envelope.detail_type == INSIGHTS:
        return NotForUs("the results of an insight are counts: they contain no finding")
    if envelope.detail_type == CUSTOM_ACTION:
        return NotForUs(
            "it is of a custom action of Security Hub, and Ringfence has none: use `ringfence run`"
        )
    kind = formatted(envelope.detail_type)
    return NotForUs(f"the event is of type {kind}, from {SOURCE}, and contains no finding")
