"""Put what was done on the event bus `ringfence-events`, as events of OCSF.

A request has at most ten entries and 256 KB. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.handlers.output import Errand, Output
from ringfence.model.answers import document
from ringfence.model.call import Call, Permission
from ringfence.model.errors import Retryable
from ringfence.model.output_places import EVENTS_BUS
from ringfence.record.ocsf import FACTS, events
from ringfence.runbooks.countermeasures import technique_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.handlers.output import Site, Told
    from ringfence.model.call import SansIO

    Entry = Mapping[str, object]

SOURCE = "ringfence.outputs"
MOST_ENTRIES, MOST_BYTES = 10, 250_000


def entries(told: Told, site: Site) -> Iterator[Entry]:
    """Yield an entry of PutEvents for each event, in order."""
    for response in told.since_each():
        for event in events(response, technique_ids):
            yield {
                "EventBusName": site.names[EVENTS_BUS],
                "Source": SOURCE,
                "DetailType": f"OCSF {event['class_name']}",
                "Detail": json.dumps(event, ensure_ascii=False),
            }


def batches(of: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in requests that EventBridge takes."""
    batch: list[Entry] = []
    size = 0
    for one in of:
        needed = len(str(one["Detail"]).encode()) + 200
        if batch and (len(batch) == MOST_ENTRIES or size + needed > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += needed
    if batch:
        yield batch


def _errands(told: Told, site: Site) -> tuple[Errand, ...]:
    return (Errand(site.home, site.region, lambda: _put(tuple(batches(entries(told, site))))),)


def _put(requests: tuple[list[Entry], ...]) -> SansIO[None]:
    for one in requests:
        (answer,) = yield (Call("events", "PutEvents", {"Entries": one}),)
        for each in document(answer).children("Entries"):
            if code := each.optional_text("ErrorCode"):
                raise Retryable(f"events:PutEvents: {code}: {each.optional_text('ErrorMessage')}")


OUTPUT = Output(
    id="ocsf-events",
    title="What was done, as events of OCSF on the event bus `ringfence-events`",
    facts=FACTS,
    permissions=(Permission("events:PutEvents", (f"{{{EVENTS_BUS}}}",)),),
    errands=_errands,
    cost="one custom event for each change, each finding and each new status",
)
