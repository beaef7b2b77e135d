"""Handle the stream of the audit table record by record, and report where to continue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypedDict

from ringfence.aws.audit_items import CHAIN, ENTRY, is_ours, to_entry
from ringfence.handlers.logs import logger
from ringfence.handlers.proof import report_forged
from ringfence.model.errors import Forged, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ringfence.record.chain import Entry

INSERT = "INSERT"


class Images(TypedDict, total=False):
    """The item in a record, in the wire format, and the time of the change in seconds since 1970."""

    Keys: Mapping[str, Mapping[str, str]]
    NewImage: Mapping[str, Mapping[str, str]]
    OldImage: Mapping[str, Mapping[str, str]]
    SequenceNumber: str
    ApproximateCreationDateTime: float


class Record(TypedDict):
    """The part of a record that is read: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html."""

    eventName: str
    dynamodb: Images


class Event(TypedDict):
    """The event of an event source mapping."""

    Records: list[Record]


class Answer(TypedDict):
    """The response to an event source mapping: the record at which it must continue."""

    batchItemFailures: list[dict[str, str]]


@dataclass(frozen=True)
class Change:
    """One change of an item of the audit table. `kind` is INSERT, MODIFY or REMOVE."""

    kind: str
    chain: str
    sort: str
    entry: Entry | None

    @classmethod
    def of(cls, record: Record) -> Change:
        """Read a record. `entry` is None if the new item is not a valid entry."""
        images = record["dynamodb"]
        keys = images["Keys"]
        chain, sort = keys[CHAIN]["S"], keys[ENTRY]["S"]
        try:
            entry = to_entry(images.get("NewImage", {}))
        except (KeyError, ValueError):
            entry = None
        return cls(
            record["eventName"], chain, sort, entry if entry and is_ours(chain, sort, entry.hash) else None
        )


class Source(Protocol):
    """The table and its stream."""

    def stored(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], object]:
        """Return the items with these keys. Raises Retryable."""
        ...

    def contains(
        self, number: str, keys: Mapping[str, Mapping[str, str]], image: Mapping[str, Mapping[str, str]]
    ) -> bool:
        """Return whether the stream contains the insertion of an item. Raises Retryable."""
        ...


def genuine(event: Event, source: Source) -> Event:
    """Return the event without made-up insertions, which are reported.

    Everybody who may invoke the function can hand it an event. An insertion counts if the table contains the
    item unchanged. If somebody changed or deleted the item since, the stream shows that it was inserted.
    Other changes only raise an alarm, and are not verified. Raises Retryable, and Forged for an event that no
    event source mapping delivers.
    """
    try:
        records = event["Records"]
        inserted = [one["dynamodb"] for one in records if one["eventName"] == INSERT]
        keys = {_key(images): images for images in inserted}
    except (AttributeError, KeyError, TypeError) as error:
        forged = Forged("the event contains no records of a stream")
        report_forged(forged)
        raise forged from error
    stored = source.stored(keys)

    def is_genuine(record: Record) -> bool:
        images = record["dynamodb"]
        image = images.get("NewImage", {})
        if record["eventName"] != INSERT or stored.get(_key(images)) == image:
            return True
        if source.contains(images.get("SequenceNumber", ""), images["Keys"], image):
            return True
        chain, sort = _key(images)
        report_forged(Forged("the table and its stream do not contain an entry"), chain=chain, entry=sort)
        return False

    return {"Records": [one for one in records if is_genuine(one)]}


def _key(images: Images) -> tuple[str, str]:
    keys = images["Keys"]
    return keys[CHAIN]["S"], keys[ENTRY]["S"]


def each(event: Event, act: Callable[[Change], None]) -> Answer:
    """Handle each change in order, up to the first failure. The stream continues there.

    Unexpected errors are raised: the function fails, and its alarm rings.
    """
    for record in event["Records"]:
        change = Change.of(record)
        try:
            act(change)
        except RingfenceError as error:
            logger().warning(
                "begin again here", extra={"chain": change.chain, "entry": change.sort, "error": str(error)}
            )
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
