"""Events of the audit table's stream, in the shape that Lambda delivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.aws.audit_items import CHAIN, ENTRY, to_item
from tests.support.fakes.chains import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.handlers.stream import Event, Record
    from ringfence.record.chain import ChainKey, Entry


def record(entry: Entry, kind: str = "INSERT", changes: Mapping[str, object] | None = None) -> Record:
    """Return the record of a change; `changes` replace attributes of the item."""
    return record_of(KEY, entry, kind, changes)


def record_of(
    key: ChainKey, entry: Entry, kind: str = "INSERT", changes: Mapping[str, object] | None = None
) -> Record:
    """Return the record of a change in any chain."""
    item = {**to_item(key, entry), **(changes or {})}
    keys = {name: item[name] for name in (CHAIN, ENTRY)}
    number = f"{entry.incident}-{entry.seq}"
    images = {"NewImage": item} if kind != "REMOVE" else {"OldImage": item}
    change = {"Keys": keys, "SequenceNumber": number, "StreamViewType": "NEW_AND_OLD_IMAGES", **images}
    return cast(
        "Record", {"eventID": number, "eventName": kind, "eventSource": "aws:dynamodb", "dynamodb": change}
    )


def inserted(entries: Iterable[Entry]) -> Event:
    """Return the event of entries that were appended."""
    return {"Records": [record(entry) for entry in entries]}
