"""Parse CloudTrail events for calls that can undo a containment.

The parser does not interpret the parameters of a call. It collects every text in them, and a look-up
compares these texts with the names that open incidents recorded. So a record with an unexpected form costs
one more verification, and never hides a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE
from ringfence.events.cloudtrail.trigger.undoing import undoing_calls
from ringfence.events.envelope import Envelope, NotForUs, parse_json
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.model.document import Document
    from ringfence.model.runbook import Runbook

MOST_NAMES = 5_000
"""The maximum number of texts that are read from a record. An event has at most 1 MB."""


@frozen
class Undoing:
    """A call that may have undone a containment.

    `call` is the service and CloudTrail's name of the call. `who` made it, from `address`. `names` are all
    texts in its parameters and in its response.
    """

    call: str
    who: str
    address: str
    at: datetime
    event: str
    account: str
    names: frozenset[str]


def undoing_of_text(text: str, runbook: Runbook) -> Undoing | NotForUs:
    """Read the call in an event in text form. Raises BadInput."""
    return undoing_of(Envelope.of(parse_json(text)), (runbook,))


def undoing_of(envelope: Envelope, runbooks: Iterable[Runbook]) -> Undoing | NotForUs:
    """Return the call if it can undo a change of one of these runbooks. Raises BadInput."""
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    service, name = envelope.source.removeprefix("aws."), detail.value.get("eventName")
    if detail.value.get("eventSource") != f"{service}.amazonaws.com":
        return NotForUs(f"the event does not say which call of {fields.formatted(service)} it is about")
    if not any(name in undoing_calls(runbook).get(service, ()) for runbook in runbooks):
        return NotForUs(f"the call {fields.formatted(f'{service}:{name}')} cannot undo a containment")
    if reason := records.unanswered(detail):
        return NotForUs(reason)
    return Undoing(
        call=f"{service}:{name}",
        who=records.suspects(detail)[0],
        address=fields.title(detail.optional_text("sourceIPAddress") or ""),
        at=fields.instant(detail, "eventTime"),
        event=records.id_of(detail),
        account=records.account(detail, envelope.document),
        names=_names(service, detail),
    )


def _names(service: str, detail: Document) -> frozenset[str]:
    """Return every text of the call. Without a user name, a call of IAM is about the user who made it."""
    found = frozenset(_texts(detail.value, ("requestParameters", "responseElements")))
    user = detail.optional_child("userIdentity").optional_text("userName")
    return found | {user} if service == "iam" and user else found


def _texts(record: Mapping[str, object], fields_: Iterable[str]) -> Iterator[str]:
    todo: list[object] = [record.get(field) for field in fields_]
    left = MOST_NAMES
    while todo and left:
        item = todo.pop()
        if isinstance(item, str):
            left -= 1
            yield item
        elif isinstance(item, Mapping):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
