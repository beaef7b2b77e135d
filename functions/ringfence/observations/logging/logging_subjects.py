"""What of an account and a region records what happens there: what a scheduled review looks at."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.reviews import Listed
from ringfence.model.step import counted
from ringfence.observations.logging.detectors import LIST_DETECTORS, list_detectors
from ringfence.observations.logging.recorders import RECORDERS
from ringfence.observations.logging.trails import DESCRIBE_TRAILS, account_in, describe_trails, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.call import Answer
    from ringfence.model.subject import LoggingRef

REVIEW = "logging"
"""The name of the scheduled review."""
PERMISSIONS = (
    DESCRIBE_TRAILS,
    LIST_DETECTORS,
    Permission("config:DescribeConfigurationRecorders", RECORDERS),
    Permission("cloudtrail:LookupEvents", ("*",), reason="the action has no resource types"),
)
_LISTED: tuple[type[LoggingRef], ...] = (TrailRef, RecorderRef, DetectorRef)
"""The kinds that the account can delete at once. A deleted resource is no longer listed."""
_DELETIONS: Mapping[str, tuple[type[LoggingRef], str]] = MappingProxyType(
    {
        name: (kind, parameter)
        for kind in _LISTED
        for calls in kind.calls
        for name in calls.names
        if name.startswith("Delete")
        for parameter in calls.parameters
    }
)
"""The calls that delete a resource: its kind, and the parameter that names it."""
_PAGE, MOST = 50, 1000
"""How many records of each call are read, newest first. A longer history is reported.

Everybody who may make the call can make it long, also by refused calls. CloudTrail allows two look-ups a
second.
"""


def logging_subjects(account: str, region: str) -> SansIO[Listed]:
    """Return the trails with this home region, their keys, the recorder and the detector.

    CloudTrail's event history shows deleted ones. It records the last 90 days without a trail, and nobody can
    turn it off. Trails of other regions and accounts are reviewed there. Nobody can change the recorder of a
    service.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
    """
    trails, recorders, detectors, *answers = yield (
        describe_trails(),
        Call("config", "DescribeConfigurationRecorders"),
        list_detectors(),
        *(_look_up(name) for name in _DELETIONS),
    )
    histories = tuple(map(_history, _DELETIONS, answers))
    own = [one for one in accept(trails).children("trailList") if _at_home(one, account, region)]
    refs: list[LoggingRef] = [TrailRef(account, region, one.text("Name")) for one in own]
    refs.extend(_keys(own, account))
    refs.extend(
        RecorderRef(account, region, one.text("name"))
        for one in accept(recorders).children("ConfigurationRecorders")
        if not one.has("servicePrincipal")
    )
    refs.extend(DetectorRef(account, region, one) for one in accept(detectors).texts("DetectorIds"))
    for history in histories:
        refs.extend(history.deleted(account, region))
    return Listed(tuple(dict.fromkeys(refs)), tuple(one.unread for one in histories if one.unread))


def _look_up(name: str) -> Call:
    """Return the call for the records of one event: on the first page alone, much could hide one."""
    wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
    parameters = {"LookupAttributes": wanted, "MaxResults": _PAGE}
    return Call("cloudtrail", "LookupEvents", parameters, pages=True, most=MOST)


@frozen
class _History:
    """The names that a call deleted. `unread` says in words how much was read of a longer history."""

    name: str
    named: tuple[str, ...]
    unread: str = ""

    def deleted(self, account: str, region: str) -> Iterator[LoggingRef]:
        """Yield what was deleted. A text that is no name of such a resource is left out."""
        for name in self.named:
            try:
                yield _DELETIONS[self.name][0](account, region, name.rpartition(":trail/")[2])
            except BadInput:
                continue


def _history(name: str, answer: Answer) -> _History:
    found = accept(answer)
    read = [_named(event, _DELETIONS[name][1]) for event in found.children("Events")]
    refused = sum(one is None for one in read)
    words = (
        f"of {name}, only the newest {counted(len(read), 'call was')} read, of which {refused} were refused: "
        "an earlier deletion may be hidden behind them"
    )
    return _History(
        name,
        tuple(dict.fromkeys(filter(None, read))),
        words if found.optional_text("NextToken") else "",
    )


def _named(event: Document, key: str) -> str | None:
    """Return what a call deleted. None for a refused call, empty for a record that cannot be read."""
    try:
        record = Document.of(json.loads(event.text("CloudTrailEvent")))
        if record.has("errorCode"):
            return None
        return record.child("requestParameters").text(key)
    except (BadInput, ValueError):
        return ""


def _at_home(trail: Document, account: str, region: str) -> bool:
    return trail.optional_text("HomeRegion") == region and owner_of(trail) in {"", account}


def _keys(trails: list[Document], account: str) -> Iterator[KeyRef]:
    """Yield the account's own keys, each in its own region; what is no key's ARN is none."""
    for trail in trails:
        arn = trail.optional_text("KmsKeyId") or ""
        if account_in(arn) == account and ":key/" in arn:
            try:
                yield KeyRef(account, arn.split(":")[3], arn.rpartition(":key/")[2])
            except BadInput:
                continue
