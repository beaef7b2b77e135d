"""Read the events of Security Hub as the findings in them."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.envelope import CHOSEN, NotForUs
from ringfence.events.fields import formatted
from ringfence.events.security_hub import asff, ocsf
from ringfence.events.security_hub.actions import ACTIONS, ARN
from ringfence.events.security_hub.told import finding_of
from ringfence.events.security_hub.trigger import (
    CUSTOM_ACTION,
    IMPORTED,
    IMPORTED_V2,
    INSIGHTS,
    SOURCE,
)
from ringfence.events.taken_in import Incoming
from ringfence.model.claims import ORIGIN
from ringfence.model.document import Document
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.events.envelope import Envelope
    from ringfence.model.finding import Finding

    Event = Mapping[str, object]


_FORMS = MappingProxyType({IMPORTED: asff.event_of, CUSTOM_ACTION: asff.event_of, IMPORTED_V2: ocsf.event_of})
"""What reads a finding of each type of event."""


def parts(event: Document) -> Iterator[Incoming]:
    """Yield each finding of an event. Raises BadInput for an event without a list of findings."""
    kind = event.text("detail-type")
    if kind == CUSTOM_ACTION and (refused := _refused(event)):
        yield Incoming("resources", NotForUs(refused), None, event.value)
        return
    event_of = _FORMS[kind]
    detail = event.child("detail")
    found = detail.items("findings")
    if not found:
        raise BadInput(detail.at("findings"), "must contain a finding")
    for number, finding in enumerate(found):
        alone = {**event.value, "detail": {**detail.value, "findings": [finding]}}
        place = f"detail.findings[{number}]"
        try:
            read = Document.of(finding, place)
            made = _with_origin(event_of(read), read)
            chosen = _as_chosen(made, event) if kind == CUSTOM_ACTION else made
            yield Incoming(place, chosen, None, alone, read.at(_dated(read)), _named(read))
        except BadInput as error:
            yield Incoming(place, None, error, alone)


def _dated(finding: Document) -> str:
    """Return the field with the time of a finding."""
    if finding.has("ProductArn"):
        return "UpdatedAt"
    modified = finding.optional_child("finding_info").has("modified_time_dt")
    return f"finding_info.{'modified' if modified else 'created'}_time_dt"


def _named(finding: Document) -> str:
    """Return which finding it is. Each product names its findings itself."""
    product, id_ = _origin(finding)
    return json.dumps([product, id_]) if isinstance(product, str) and isinstance(id_, str) else ""


def _origin(finding: Document) -> tuple[object, object]:
    """Return the product and the id of a finding, in both forms."""
    product = finding.optional_child("metadata").optional_child("product")
    return (
        finding.value.get("ProductArn") or product.value.get("uid"),
        finding.value.get("Id") or finding.optional_child("finding_info").value.get("uid"),
    )


def _with_origin(event: Event | NotForUs, finding: Document) -> Event | NotForUs:
    """Return the event with what leads back to the finding, so that it can say what was done about it."""
    if isinstance(event, NotForUs):
        return event
    product, id_ = _origin(finding)
    return {**event, ORIGIN: {"Id": id_, "ProductArn": product}}


def _refused(event: Document) -> str:
    """Return why a custom action starts nothing. Empty for one of Ringfence's."""
    named = event.texts("resources")
    action = ARN.fullmatch(named[0]) if named else None
    if action is None or action["id"] not in ACTIONS:
        shown = formatted(named[0]) if named else "no action"
        return f"{shown} is no custom action of Ringfence; its actions are {', '.join(ACTIONS)}"
    if action["account"] != event.text("account"):
        return f"the custom action is of account {action['account']}, and its event of another one"
    return ""


def _as_chosen(found: Event | NotForUs, event: Document) -> Event | NotForUs:
    """Return the event of a finding with the mode of the action, and why."""
    if isinstance(found, NotForUs):
        return found
    id_ = event.texts("resources")[0].rpartition("/")[2]
    words = f"somebody chose it in Security Hub with the custom action {id_}; the event does not say who"
    return {**found, CHOSEN: [ACTIONS[id_].mode, words]}


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return the finding of an event that the intake passed on, or why it is none."""
    if (
        envelope.detail_type in {IMPORTED, IMPORTED_V2}
        and len(envelope.document.child("detail").items("findings")) == 1
    ):
        return finding_of(envelope.document, envelope.digest)
    if envelope.detail_type == INSIGHTS:
        return NotForUs("the results of an insight are counts: they contain no finding")
    kind = formatted(envelope.detail_type)
    return NotForUs(f"the event is of type {kind}, from {SOURCE}, and the intake reads the findings in it")
