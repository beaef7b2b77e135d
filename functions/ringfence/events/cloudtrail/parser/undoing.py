"""Parse CloudTrail events for calls that can undo a containment.

The parser does not interpret the parameters of a call. It collects every text in them, and a look-up
compares these texts with the names that open incidents recorded. A caller can pad a call until CloudTrail
omits its parameters, or until there are more texts than are read. Such a call concerns every open incident of
its account. So a record with an unexpected form costs more verifications, and never hides a call.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE
from ringfence.events.cloudtrail.trigger.undoing import undoing_calls
from ringfence.events.envelope import Envelope, NotForUs, parse_json
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ringfence.model.document import Document
    from ringfence.model.runbook import Runbook

MOST_NAMES = 5_000
"""The maximum number of texts that are read from the parameters of a call, and from its response."""


@frozen
class Undoing:
    """A call that may have undone a containment.

    `call` is the service and CloudTrail's name of the call. `who` made it, from `address`. `names` are the
    texts in its parameters and in its response. `unnamed`: the record does not contain all of them, so the
    call may be about anything in the account.
    """

    call: str
    who: str
    address: str
    at: datetime
    event: str
    account: str
    names: frozenset[str]
    unnamed: bool = False

    def concerns(self, account: str, names: AbstractSet[str]) -> bool:
        """Return whether the call may be about any of these names in an account.

        IAM does not distinguish names by case, and a record can contain a name as its caller wrote it.
        """
        if self.account != account:
            return False
        return self.unnamed or not _folded(self.names).isdisjoint(map(str.casefold, names))


def _folded(names: AbstractSet[str]) -> frozenset[str]:
    return frozenset(map(str.casefold, names))


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
    names, unnamed = _names(service, detail)
    return Undoing(
        call=f"{service}:{name}",
        who=records.suspects(detail)[0],
        address=fields.title(detail.optional_text("sourceIPAddress") or ""),
        at=fields.instant(detail, "eventTime"),
        event=records.id_of(detail),
        account=records.account(detail, envelope.document),
        names=names,
        unnamed=unnamed,
    )


def _names(service: str, detail: Document) -> tuple[frozenset[str], bool]:
    """Return the texts of the call, and whether some may be missing.

    Without a user name, a call of IAM is about the user who made it.
    """
    parameters, response = (detail.value.get(field) for field in ("requestParameters", "responseElements"))
    given = frozenset(islice(_texts(parameters), MOST_NAMES))
    found = given | frozenset(islice(_texts(response), MOST_NAMES))
    user = detail.optional_child("userIdentity").optional_text("userName")
    unnamed = not given or next(islice(_texts(parameters), MOST_NAMES, None), None) is not None
    own = frozenset({user}) if service == "iam" and user else frozenset[str]()
    return found | own, unnamed or _is_cut(detail.value, parameters)


def _is_cut(record: Mapping[str, object], parameters: object) -> bool:
    """Return whether CloudTrail left out parameters, because they are longer than 100 KB."""
    marked = (record, parameters if isinstance(parameters, Mapping) else {})
    return any(one.get("omitted") for one in marked)


def _texts(value: object) -> Iterator[str]:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
