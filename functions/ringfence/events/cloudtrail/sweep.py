"""Read the calls that CloudTrail recorded in some time, as the events that it sent for them.

LookupEvents filters by one attribute: a service, a call, or a user's name. It answers the newest first, and
shows a call within about 15 minutes. It allows two requests a second in each account and region.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-cli.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.parser.records import unanswered
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE as CALL
from ringfence.events.cloudtrail.trigger.root import CONSOLE_ACTION, ROOT, SIGN_IN
from ringfence.events.envelope import parse_json
from ringfence.events.fields import text_if_valid
from ringfence.events.made import event
from ringfence.model.call import CLOSED, Call, Failed, Permission
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.sweep import Page, Sweep
from ringfence.policy.sweeps import CLOUDTRAIL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import SansIO
    from ringfence.model.place import Place
    from ringfence.model.sweep import Event, Window

MOST = 50
"""Records of a page: the limit of the API."""
PAGES = 20
"""Pages of a service in one look: 1,000 records. Of each of its calls, a quarter of them after that."""
EVERY_PAGE = 0.5
FIRST_LOOK = timedelta(hours=3)
ROOT_USER = "root"
"""The strand of all that the root user does, and its name in LookupEvents."""
PERMISSIONS = (Permission("cloudtrail:LookupEvents", ("*",), reason="the action has no resource types"),)
_DOMAIN = ".amazonaws.com"
_TYPES: Mapping[str, str] = MappingProxyType(
    {"AwsApiCall": CALL, "AwsConsoleAction": CONSOLE_ACTION, "AwsConsoleSignIn": SIGN_IN}
)
"""The `detail-type` of an event, by the `eventType` of its record."""
Watched = Mapping[str, tuple[str, ...]]
"""The services of the watched calls, `s3.amazonaws.com`, each with the names of its calls.

A service has no names if a pattern matches only the beginning of a name, which LookupEvents cannot look for.
"""


def watched(patterns: Iterable[Mapping[str, object]]) -> Watched:
    """Return the calls that some EventBridge patterns watch."""
    found: dict[str, dict[object, None]] = defaultdict(dict)
    for pattern in patterns:
        detail = pattern.get("detail")
        if isinstance(detail, Mapping) and CALL in _list(pattern, "detail-type"):
            for service in _list(detail, "eventSource"):
                found[str(service)].update(dict.fromkeys(map(_name, _list(detail, "eventName"))))
    return {service: _names(tuple(found[service])) for service in sorted(found)}


def _list(part: Mapping[str, object], name: str) -> tuple[object, ...]:
    value = part.get(name)
    return tuple(value) if isinstance(value, list | tuple) else ()


def _name(matcher: object) -> str:
    return matcher if isinstance(matcher, str) else ""


def _names(names: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(map(str, names)) if all(names) else ()


def sweep(calls: Watched) -> Sweep:
    """Return the sweep of these calls, and of what the root user does."""
    parts = {service: tuple(f"{service}:{name}" for name in names) for service, names in calls.items()}
    return Sweep(CLOUDTRAIL, (*calls, ROOT_USER), page, PAGES, FIRST_LOOK, parts, EVERY_PAGE)


def page(place: Place, strand: str, window: Window, token: str) -> SansIO[Page]:
    """Read a page of records."""
    asked: dict[str, object] = {
        "LookupAttributes": [_attribute(strand)],
        "StartTime": window.since,
        "EndTime": window.until,
        "MaxResults": MOST,
    }
    if token:
        asked["NextToken"] = token
    (found,) = yield (Call("cloudtrail", "LookupEvents", asked, expected=CLOSED),)
    if isinstance(found, Failed):
        return Page()
    looked_up = tuple(_record(one) for one in found.children("Events"))
    # An IAM user can be called root too. Its calls are in the strands of their services.
    records = tuple(one for one in looked_up if strand != ROOT_USER or _is_of_root(one))
    refused = sum("errorCode" in one.value for one in records)
    events = tuple(made for one in records if _may_lead_to_a_finding(one) and (made := as_event(one, place)))
    foreign = bool(looked_up) and not records
    return Page(events, found.optional_text("NextToken") or "", len(looked_up), refused, foreign=foreign)


def _attribute(strand: str) -> Mapping[str, str]:
    if strand == ROOT_USER:
        return {"AttributeKey": "Username", "AttributeValue": ROOT_USER}
    service, _, name = strand.partition(":")
    if name:
        return {"AttributeKey": "EventName", "AttributeValue": name}
    return {"AttributeKey": "EventSource", "AttributeValue": service}


def _record(looked_up: Document) -> Document:
    """Return the whole record. One that cannot be read is empty."""
    try:
        return Document.of(parse_json(text_if_valid(looked_up, "CloudTrailEvent") or "{}"))
    except BadInput:
        return Document({})


def _may_lead_to_a_finding(record: Document) -> bool:
    """Return whether a record can be one of a watched call: most are not, and need no further look."""
    if _is_of_root(record):
        return True
    try:
        return not unanswered(record)
    except BadInput:
        return False


def _is_of_root(record: Document) -> bool:
    return record.optional_child("userIdentity").value.get("type") == ROOT


def as_event(record: Document, place: Place) -> Event | None:
    """Return the event of a record. None if EventBridge gets none of it."""
    kind = _TYPES.get(text_if_valid(record, "eventType"))
    service = text_if_valid(record, "eventSource").removesuffix(_DOMAIN)
    if not kind or not service:
        return None
    at = text_if_valid(record, "eventTime")
    id_ = text_if_valid(record, "eventID")
    return event((f"aws.{service}", kind), (place.account, place.region), at, record.value, id_)
