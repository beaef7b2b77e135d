"""What sweeps remember of a place: until when they read, and what they know. One item of the control table.

Nothing here expires by itself, because Ringfence deletes no item: the lists are bounded, and what falls out
is looked up in the audit log.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, instant_text
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.record.chain import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.finding import Finding
    from ringfence.model.place import Place

SWEEP_KEY = "sweep#"
"""The beginning of the keys of the items."""
_KEY = re.compile(r"sweep#[a-z-]{1,32}/[0-9]{12}/[a-z0-9-]{1,32}")
MOST_SEEN, MOST_FOUND, MOST_CHAINS = 1000, 20, 5
"""Findings that are remembered, that are named later on, and the chains of each of those."""
FURTHEST = timedelta(days=7)
"""How far a look goes back after a place did not answer for long."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def sweep_key(name: str, place: Place) -> str:
    """Return the key of the item of a sweep and a place."""
    return f"{SWEEP_KEY}{name}/{place.account}/{place.region}"


def is_sweep_key(key: str) -> bool:
    """Return whether a key is that of such an item."""
    return bool(_KEY.fullmatch(key))


def known_as(finding: Finding) -> str:
    """Return a short name of a finding that is known by its source, account and id, whatever its version."""
    text = f"{finding.source}\n{finding.account}\n{finding.id}\n{finding.type}"
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


@frozen
class Progress:
    """How far a strand was read.

    Attributes
    ----------
    since : datetime or None
        Until when everything was read. None: never.
    reached : datetime or None
        How far a look came that is not finished.
    until : datetime or None
        Until when everything was read once that look is finished.
    """

    since: datetime | None = None
    reached: datetime | None = None
    until: datetime | None = None

    def judged(self, now: datetime) -> Progress:
        """Return it without times in the future: no execution of Ringfence can have written them."""
        times = (one for one in (self.since, self.reached, self.until) if one)
        return Progress() if any(one > now + CLOCKS for one in times) else self


@frozen
class Seen:
    """The newest version of a finding that was handed on, or that the audit log had."""

    severity: float
    updated_at: datetime

    def covers(self, finding: Finding) -> bool:
        """Return whether a version of the finding is no news."""
        return finding.severity <= self.severity and _ms(finding.updated_at) <= _ms(self.updated_at)


@frozen
class Found:
    """A finding whose event should have arrived long before. `chains`: where it would be recorded."""

    id: str
    type: str
    chains: tuple[str, ...]


@frozen
class Looked:
    """What is remembered of a sweep in a place.

    Attributes
    ----------
    strands : mapping of str to Progress
        How far each strand was read.
    seen : mapping of str to Seen
        What is known, by `known_as`, the oldest first.
    sweep : str
        The sweep in which something was found.
    found : tuple of Found
        What was found in it.
    more : int
        How many others were found that are not in `found`.
    suppressed : tuple of str
        The types of findings that a filter archived, of those that this sweep read first.
    """

    strands: Mapping[str, Progress] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    sweep: str = ""
    found: tuple[Found, ...] = ()
    more: int = 0
    suppressed: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of the item."""
        return canonical(
            {
                "strands": {name: list(_times(one)) for name, one in self.strands.items()},
                "seen": [[name, one.severity, _ms(one.updated_at)] for name, one in self.seen.items()],
                "sweep": self.sweep,
                "found": [{"id": one.id, "type": one.type, "chains": list(one.chains)} for one in self.found],
                "more": self.more,
                "suppressed": list(self.suppressed),
            }
        )

    @classmethod
    def of(cls, text: str) -> Looked:
        """Read the text of an item. Raises BadInput for any other text."""
        try:
            given = Document.of(json.loads(text))
            strands = given.optional_child("strands")
            return cls(
                {name: _progress(strands.texts(name)) for name in strands.value},
                dict(map(_seen, given.items("seen"))),
                given.optional_text("sweep") or "",
                tuple(map(_found, given.children("found"))),
                given.integer("more"),
                given.texts("suppressed"),
            )
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise BadInput("text", "is not what a sweep remembers") from error


def newest(seen: Iterable[tuple[str, Seen]]) -> dict[str, Seen]:
    """Return the last of what is known, as many as an item may contain."""
    return dict(tuple(seen)[-MOST_SEEN:])


def wrong_sweep(looked: Looked | None, at: datetime) -> str:
    """Return why Ringfence cannot have written an item at that time. Empty if it can."""
    if looked is None:
        return "what a sweep remembers is not readable"
    if any(one.judged(at) != one for one in looked.strands.values()):
        return "a sweep remembers that it read until a time in the future"
    return ""


def _times(one: Progress) -> Iterable[str]:
    return (instant_text(at) if at else "" for at in (one.since, one.reached, one.until))


def _progress(texts: tuple[str, ...]) -> Progress:
    since, reached, until = (datetime.fromisoformat(text) if text else None for text in texts)
    if any(one and one.tzinfo is None for one in (since, reached, until)):
        raise ValueError("a time has no zone")
    return Progress(since, reached, until)


def _seen(given: object) -> tuple[str, Seen]:
    if not isinstance(given, list):
        raise TypeError("no list")
    name, severity, updated = given
    return str(name), Seen(float(severity), _EPOCH + int(updated) * _MILLISECOND)


def _found(given: Document) -> Found:
    return Found(given.text("id"), given.text("type"), given.texts("chains"))


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
