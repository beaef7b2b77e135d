"""What a flow log records and where to, as EC2, AWS Config and CloudTrail write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.codec import value
from ringfence.model.document import Document
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer
    from ringfence.model.subject import Ref

S3, LOGS = "s3", "cloud-watch-logs"
PAGES, PAGE, ITEMS = 4, 50, 10
"""How much is read: of CloudTrail, which allows two look-ups a second, and of AWS Config."""
INTERVAL = 600
PLAIN = "plain-text"
_CREATE = "CreateFlowLogs"
_TYPE = "AWS::EC2::FlowLog"
_DENIED = ("AccessDenied", "AccessDeniedException")
_NO_HISTORY = (
    *_DENIED,
    "NoAvailableConfigurationRecorderException",
    "ResourceNotDiscoveredException",
    "ValidationException",
)
_DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)
LOOKUPS = (
    Permission("cloudtrail:LookupEvents", ("*",), reason="LookupEvents has no resource types"),
    Permission(
        "config:GetResourceConfigHistory",
        ("*",),
        reason="the only resource type of the action is what Config recorded",
    ),
)


@value
class Recording:
    """What is recorded and how. `traffic` is ALL, ACCEPT or REJECT, `kind` s3, cloud-watch-logs or another.

    `destination` is an ARN; `role` delivers, where one is needed. `interval` is in seconds. Empty `format`
    and `file_format` stand for the defaults.
    """

    traffic: str
    kind: str
    destination: str
    role: str = ""
    interval: int = INTERVAL
    format: str = ""
    file_format: str = ""
    hive: bool = False
    hourly: bool = False

    def same(self, other: Recording) -> bool:
        """Return whether both record the same traffic to the same place."""
        return (self.traffic, self.kind, self.destination) == (other.traffic, other.kind, other.destination)

    def words(self) -> str:
        """Return as text what is recorded where."""
        return f"{self.traffic} traffic to {self.destination}"


@value
class Deleted:
    """What a flow log that is gone recorded: `resource` is a VPC, a subnet, an interface, or several."""

    resource: str
    recording: Recording


def history_call(ref: Ref) -> Call:
    """Return the call for AWS Config's newest records of a flow log."""
    parameters = {"resourceType": _TYPE, "resourceId": ref.id, "limit": ITEMS}
    return Call("config", "GetResourceConfigHistory", parameters, expected=_NO_HISTORY)


def trail_call(token: str = "") -> Call:
    """Return the call for a page of CloudTrail's records of flow logs being made, newest first."""
    parameters: dict[str, object] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": _CREATE}],
        "MaxResults": PAGE,
    }
    if token:
        parameters["NextToken"] = token
    return Call("cloudtrail", "LookupEvents", parameters, expected=_DENIED)


def token_in(answer: Answer) -> str:
    """Return where CloudTrail goes on; empty at the end."""
    return "" if isinstance(answer, Failed) else answer.optional_text("NextToken") or ""


def in_history(answer: Answer, ref: Ref) -> Deleted | None:
    """Return what AWS Config knows of a flow log; the record of its deletion says nothing."""
    if isinstance(answer, Failed):
        return None
    for item in answer.children("configurationItems"):
        if configuration := _parsed(item.optional_text("configuration")):
            named = _Named(configuration)
            if resource := named.text("ResourceId"):
                return Deleted(resource, recording_in(named.document(), ref))
    return None


def in_trail(answer: Answer, ref: Ref) -> Deleted | None:
    """Return what CloudTrail's page knows of a flow log; several resources where they were made at once."""
    if isinstance(answer, Failed):
        return None
    for event in answer.children("Events"):
        if (body := _parsed(event.optional_text("CloudTrailEvent"))) and (found := _made(body, ref)):
            return found
    return None


def _made(body: Document, ref: Ref) -> Deleted | None:
    """Read CloudTrail's record, which writes EC2's newer calls as their XML: one item, or a list of them."""
    try:
        response = body.optional_child("responseElements").optional_child(f"{_CREATE}Response")
        request = body.optional_child("requestParameters").optional_child(f"{_CREATE}Request")
        ids = _texts(response.optional_child("flowLogIdSet").value.get("item"))
    except BadInput:
        return None
    resources = _texts(request.value.get("ResourceId"))
    if ref.id not in ids or not resources:
        return None
    return Deleted(", ".join(sorted(resources)), recording_in(_Named(request).document(), ref))


def recording_in(log: Document, ref: Ref) -> Recording:
    """Read what a flow log records from EC2's own names for it."""
    options = log.value.get("DestinationOptions")
    chosen = _Named(Document.of(options)) if isinstance(options, Mapping) else _Named(Document({}))
    named = _Named(log)
    group = named.text("LogGroupName")
    kind = named.text("LogDestinationType") or LOGS
    given = named.text("LogDestination") or f"arn:aws:logs:{ref.region}:{ref.account}:log-group:{group}"
    file_format, written = chosen.text("FileFormat"), named.text("LogFormat")
    interval = named.value("MaxAggregationInterval")
    return Recording(
        traffic=named.text("TrafficType"),
        kind=kind,
        destination=place(given),
        role=named.text("DeliverLogsPermissionArn") if kind == LOGS else "",
        interval=interval if isinstance(interval, int) else INTERVAL,
        format="" if written == _DEFAULT_FORMAT else written,
        file_format="" if file_format == PLAIN else file_format,
        hive=chosen.value("HiveCompatiblePartitions") is True,
        hourly=chosen.value("PerHourPartition") is True,
    )


def is_of(log: Document, recording: Recording) -> bool:
    """Return whether a flow log records the same to the same place; EC2 may name a log group by its name."""
    named = _Named(log)
    group, given = named.text("LogGroupName"), place(named.text("LogDestination"))
    there = given == recording.destination if given else recording.destination.endswith(f":log-group:{group}")
    return there and named.text("TrafficType") == recording.traffic


def place(arn: str) -> str:
    """Return a destination without what may stand at its end and means nothing."""
    return arn.removesuffix(":*").rstrip("/")


class _Named:
    """A document whose names begin with a capital, or not: services differ. What is no text is left out."""

    def __init__(self, found: Document) -> None:
        self._values = {name[:1].upper() + name[1:]: one for name, one in found.value.items()}

    def value(self, name: str) -> object:
        return self._values.get(name)

    def text(self, name: str) -> str:
        found = self._values.get(name)
        return found if isinstance(found, str) else ""

    def document(self) -> Document:
        return Document(self._values)


def _texts(found: object) -> tuple[str, ...]:
    """Return the texts of an XML element: alone, as content beside its number, or several."""
    return tuple(_each(found))


def _each(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        yield from _each(found.get("content"))
    elif isinstance(found, list | tuple):
        for one in found:
            yield from _each(one)


def _parsed(text: str | None) -> Document | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return Document.of(found) if isinstance(found, Mapping) else None
