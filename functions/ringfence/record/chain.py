"""The hash chain of one response: how entries are linked."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, decode, encode, instant_text
from ringfence.model.errors import BadInput, UnknownRecord
from ringfence.model.frozen import frozen
from ringfence.record.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1


@frozen
class ChainKey:
    """A response: one runbook on one subject. `subject` is the reference's key."""

    runbook: str
    subject: str

    @property
    def text(self) -> str:
        """The partition of the audit table."""
        return f"{self.runbook}#{self.subject}"


@frozen
class Entry:
    """One fact as it is stored: the canonical body, and the hash of exactly these bytes."""

    incident: str
    seq: int
    body: str
    hash: str

    @cached_property
    def _data(self) -> dict[str, object]:
        data = json.loads(self.body)
        if not isinstance(data, dict):
            raise BadInput("body", "must be an object", data)
        return data

    @property
    def fact(self) -> Fact:
        """The fact.

        Raises UnknownRecord where this version cannot read it, BadInput where the body is no entry at all.
        """
        written = self._data.get("fact")
        try:
            fact = decode(written)
        except BadInput as error:
            raise UnknownRecord(f"entry {self.seq} of {self.incident} cannot be read: {error}") from error
        if not isinstance(fact, Fact):
            raise UnknownRecord(f"entry {self.seq} of {self.incident} holds no fact that is known")
        return fact

    @property
    def at(self) -> datetime:
        """When it was written."""
        return datetime.fromisoformat(str(self._data["at"]))

    @property
    def actor(self) -> str:
        """Who wrote it, or for whom."""
        return str(self._data["actor"])

    @property
    def attempt(self) -> str:
        """The execution that wrote it."""
        return str(self._data["attempt"])

    @property
    def previous(self) -> str:
        """The hash of the entry before."""
        return str(self._data["previous"])


@frozen
class Stamp:
    """What every entry of one execution has in common. `attempt` is the function's request id."""

    key: ChainKey
    incident: str
    actor: str
    attempt: str
    at: datetime


def link(stamp: Stamp, head: Entry | None, facts: Iterable[Fact]) -> tuple[Entry, ...]:
    """Append facts to a chain, each entry holding the hash of the one before."""
    seq, previous = (head.seq + 1, head.hash) if head else (0, "")
    entries = []
    for fact in facts:
        body = canonical(
            {
                "version": VERSION,
                "incident": stamp.incident,
                "runbook": stamp.key.runbook,
                "subject": stamp.key.subject,
                "seq": seq,
                "at": instant_text(stamp.at),
                "actor": stamp.actor,
                "attempt": stamp.attempt,
                "previous": previous,
                "fact": encode(fact),
            }
        )
        previous = digest(body)
        entries.append(Entry(stamp.incident, seq, body, previous))
        seq += 1
    return tuple(entries)


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@frozen
class Lease:
    """Who may act on a subject, and until when. `incident` is the newest that was opened on it."""

    owner: str = ""
    until: datetime | None = None
    incident: str = ""

    def held(self, now: datetime, owner: str) -> bool:
        """Say whether somebody else holds it."""
        return bool(self.owner) and self.owner != owner and self.until is not None and now < self.until
