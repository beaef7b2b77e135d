"""Read recorded events in every form in which AWS and Ringfence store them. Pure.

These are the forms of `forms`, the log files of CloudTrail, findings of Security Hub (ASFF), findings of a
customer's own system, and the lines of Ringfence's archive.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE as CALL
from ringfence.events.cloudtrail.trigger.root import CONSOLE_ACTION, SIGN_IN
from ringfence.events.envelope import NotForUs, parse_json
from ringfence.events.forms import event_in
from ringfence.events.sent.offered import is_own
from ringfence.events.taken_in import contains_findings, incoming, newest
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.events.forms import FileEvent

    Event = Mapping[str, object]

LISTS = ("Findings", "findings", "Records")
"""The members of a document that contain events: of GetFindings, of ASFF and of CloudTrail's log files."""
_SERVICE = ".amazonaws.com"
_TYPES = MappingProxyType(
    {
        "AwsConsoleAction": CONSOLE_ACTION,
        "AwsConsoleSignIn": SIGN_IN,
        "AwsServiceEvent": "AWS Service Event via CloudTrail",
    }
)
"""The detail-types of records by their `eventType`. All others are calls."""


@frozen
class Recorded:
    """One event of a document, or what is wrong with it. `place` says where it is, for people."""

    place: str
    event: Event | NotForUs | None = None
    error: BadInput | None = None


def recorded_events(one: object) -> Iterator[Event | NotForUs]:
    """Yield the events of a document as EventBridge delivers them, or why a part is none for Ringfence.

    Raises
    ------
    BadInput
        The document has none of the known forms. The error names the field.

    Examples
    --------
    >>> record = {"eventSource": "s3.amazonaws.com", "eventName": "CreateBucket", "awsRegion": "eu-west-1",
    ...           "recipientAccountId": "111122223333", "eventTime": "2026-11-30T12:00:00Z"}
    >>> [event["source"] for event in recorded_events({"Records": [record]})]
    ['aws.s3']

    """
    for entry in recorded_entries(one):
        if entry.error:
            raise entry.error
        if entry.event is not None:
            yield entry.event


def recorded_entries(one: object, place: str = "") -> Iterator[Recorded]:
    """Yield each event of a document, or what is wrong with it, with its place.

    Parameters
    ----------
    one : object
        The document.
    place : str
        Where the document is, for people. The places of entries in it begin with that.
    """
    if isinstance(one, list):
        for number, item in enumerate(one, 1):
            yield from recorded_entries(item, f"{place} item {number}".strip())
        return
    try:
        document = Document.of(one)
        members = next((name for name in LISTS if isinstance(document.value.get(name), list)), "")
        if members:
            for number, item in enumerate(document.items(members)):
                yield from recorded_entries(item, f"{place} {members}[{number}]".strip())
        elif contains_findings(document.value):
            for part in newest(incoming(document.value)):
                yield Recorded(f"{place} {part.place}".strip(), part.event, part.error)
        else:
            yield from (Recorded(place, event) for event in _single(document))
    except BadInput as error:
        yield Recorded(place, error=error)


def _single(document: Document) -> Iterator[Event | NotForUs]:
    if is_own(document):
        yield envelope(event_in(document), _instant(document))
    elif document.has("ProductArn") or document.has("class_uid"):
        from ringfence.events.security_hub import asff, ocsf

        yield (asff if document.has("ProductArn") else ocsf).event_of(document)
    elif document.has("eventSource") and document.has("eventName"):
        yield _of_call(document)
    elif document.has("chain") and document.has("body"):
        yield from _of_archive(document)
    elif document.has("detail-type"):
        yield document.value
    else:
        yield envelope(event_in(document), _instant(document))


def envelope(event: FileEvent, at: str) -> Event:
    """Return an event as EventBridge delivers it."""
    return {
        "version": "0",
        "id": str(event.detail.get("id", "")),
        "source": event.source,
        "detail-type": event.detail_type,
        "account": event.account,
        "region": event.region,
        "time": at,
        "resources": list(event.resources),
        "detail": event.detail,
    }


def _instant(document: Document) -> str:
    names = ("UpdatedAt", "updatedAt", "updated_at")
    return next(filter(None, map(document.optional_text, names)), "")


def _of_call(record: Document) -> Event:
    """Return the event of a record in CloudTrail's log files.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    service = record.text("eventSource")
    identity = record.optional_child("userIdentity")
    account = record.optional_text("recipientAccountId") or identity.optional_text("accountId") or ""
    return {
        "version": "0",
        "id": record.optional_text("eventID") or "",
        "source": f"aws.{service.removesuffix(_SERVICE)}",
        "detail-type": _TYPES.get(record.optional_text("eventType") or "", CALL),
        "account": account,
        "region": record.text("awsRegion"),
        "time": record.text("eventTime"),
        "resources": [],
        "detail": record.value,
    }


def _of_archive(line: Document) -> Iterator[Event | NotForUs]:
    """Yield the event that an entry of Ringfence's archive records. Most entries record none."""
    fact = Document.of(parse_json(line.text("body"))).child("fact")
    if fact.text("$") != "FindingReceived":
        return
    if not (event := fact.optional_text("event")):
        yield NotForUs(
            "the archive does not contain the event, because it was too long or comes from a review"
        )
        return
    try:
        yield Document.of(json.loads(event)).value
    except ValueError as error:
        raise BadInput(fact.at("event"), f"is not JSON: {error}") from error
