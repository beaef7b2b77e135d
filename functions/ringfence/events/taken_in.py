"""Events that contain findings of other services: each becomes the event that its service sends. Pure.

A source of such events is a folder here whose trigger has `TAKEN_IN`, the patterns of the events. Its parser
has `parts`, which reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from ringfence.events.envelope import WHOLE, NotForUs
from ringfence.events.fields import instant_if_valid, not_ahead
from ringfence.model.discovery import folders_in, module_of
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    Event = Mapping[str, object]
    Parts = Callable[[Document], Iterator["Incoming"]]

_EVENTS = "ringfence.events"


@frozen
class Incoming:
    """One finding of an event.

    Attributes
    ----------
    place : str
        Where it is in the event; empty if it is the event.
    event : mapping, NotForUs or None
        The event that its service sends, or why there is none. None for bad input.
    error : BadInput or None
        What is wrong with it.
    alone : mapping
        The event with this finding only.
    dated : str
        Where the time of the finding is.
    finding : str
        Which finding it is: the same text for each of its versions. Empty if an event contains only one.
    """

    place: str
    event: Event | NotForUs | None
    error: BadInput | None
    alone: Event
    dated: str = "time"
    finding: str = ""

    def at_its_time(self, now: datetime) -> Event | NotForUs:
        """Return the event, or why there is none. Raises BadInput, also for a time that is too far ahead.

        Until that time, every other version of the finding would be older than this one, and change nothing.
        """
        event = self.checked()
        at = None if isinstance(event, NotForUs) else instant_if_valid(Document(event), "time")
        if at is not None:
            not_ahead(at, now, self.dated)
        return event

    def checked(self) -> Event | NotForUs:
        """Return the event, or why there is none. Raises BadInput."""
        if self.error is not None:
            raise self.error
        if self.event is None:
            raise BadInput(self.place or WHOLE, "contains no finding")
        return self.event


def newest(found: Sequence[Incoming], now: datetime | None = None) -> tuple[Incoming, ...]:
    """Return the findings of an event, in their order, with the newest version of each only.

    A version supersedes others only if it leads to an event: one that is closed, invalid or too far ahead
    hides nothing. Of two versions of the same time, the later one in the event is the newer one. Without
    `now`, no time is too far ahead.
    """
    last: dict[str, tuple[datetime, Incoming]] = {}
    for one in found:
        at = _version(one, now)
        if at is not None and (one.finding not in last or at >= last[one.finding][0]):
            last[one.finding] = (at, one)
    kept = {id(one) for _, one in last.values()}
    return tuple(one for one in found if id(one) in kept or _version(one, now) is None)


def _version(part: Incoming, now: datetime | None) -> datetime | None:
    """Return the time of a version that can supersede others. None if it cannot."""
    if not part.finding or not isinstance(part.event, Mapping):
        return None
    at = instant_if_valid(Document(part.event), "time")
    try:
        if at is not None and now is not None:
            not_ahead(at, now, part.dated)
    except BadInput:
        return None
    return at


def patterns(*, home: bool = False) -> Iterator[Event]:
    """Yield the EventBridge patterns of all sources. `home`: also those of the home account alone."""
    for folder in folders_in(_EVENTS):
        yield from _taken_in(folder, home=home)


def contains_findings(event: object) -> bool:
    """Return whether an event, as EventBridge delivers it, contains findings of other services."""
    if not isinstance(event, Mapping):
        return False
    return (event.get("source"), event.get("detail-type")) in _folders()


def incoming(event: object) -> tuple[Incoming, ...]:
    """Return the findings of an event. An event of any other service is its only finding.

    Raises
    ------
    BadInput
        The event is not one of its source. What is wrong with one finding is in that finding.

    """
    document = Document.of(event)
    folder = _folders().get((document.text("source"), document.text("detail-type")))
    if folder is None:
        return (Incoming("", document.value, None, document.value),)
    parts: Parts = vars(module_of(f"{_EVENTS}.{folder}", "parser"))["parts"]
    return tuple(parts(document))


@cache
def _folders() -> Mapping[object, str]:
    """Return the folder of each source and type of event."""
    return {
        (source, kind): folder
        for folder in folders_in(_EVENTS)
        for pattern in _taken_in(folder, home=True)
        for source in Document(pattern).texts("source")
        for kind in Document(pattern).texts("detail-type")
    }


def _taken_in(folder: str, *, home: bool) -> Iterator[Event]:
    trigger = module_of(f"{_EVENTS}.{folder}", "trigger")
    yield from getattr(trigger, "TAKEN_IN", ())
    yield from getattr(trigger, "TAKEN_IN_AT_HOME", ()) if home else ()
