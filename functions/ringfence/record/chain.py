"""The hash chain of one response: how entries are linked."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, decode, encode, instant_text
from ringfence.model.errors import BadInput, InternalError, UnknownRecord
from ringfence.model.frozen import frozen, replace
from ringfence.record.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ringfence.record.history import History

VERSION = 1
HEARTBEAT = "heartbeat"
"""The id in the keys of the chains of heartbeats, in the place of a runbook's."""
PERIOD = timedelta(hours=1)
"""For how long a limit that is used stays used."""
ROOM = timedelta(days=7)
"""For how long the size of a group counts after it was read, and the room that was made for it."""
KNOWN = timedelta(days=2)
"""For how long the target groups of an instance count as known after they were read."""
LONGEST_LEASE = timedelta(seconds=30)
"""The longest lease that an execution takes. No function that takes one runs longer before it renews it."""
CLOCKS = timedelta(minutes=1)
"""How much the clocks of two executions may differ."""
_OWNER = re.compile(r"[\w.:/#-]{1,128}", re.ASCII)
"""The id of an execution."""
CHAIN_KEY = re.compile(r"[a-z0-9-]{1,64}#[\w+=,.:@/#-]{1,600}", re.ASCII)
"""What `ChainKey.text` matches."""


@frozen
class ChainKey:
    """The identity of a response: one runbook on one resource. `subject` is the resource's key."""

    runbook: str
    subject: str

    @property
    def text(self) -> str:
        """The partition of the audit table."""
        return f"{self.runbook}#{self.subject}"


@frozen
class Entry:
    """One stored fact: its canonical body, and the hash of exactly these bytes.

    `mac` proves that a function of Ringfence wrote it. It is not part of the hash. Empty if it is unsealed.
    """

    incident: str
    seq: int
    body: str
    hash: str
    mac: str = ""

    @cached_property
    def _data(self) -> dict[str, object]:
        data = json.loads(self.body)
        if not isinstance(data, dict):
            raise BadInput("body", "must be an object", data)
        return data

    @cached_property
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

    @cached_property
    def at(self) -> datetime:
        """When it was written."""
        return datetime.fromisoformat(str(self._data["at"]))

    @property
    def actor(self) -> str:
        """The actor: the function, or the person it acted for."""
        return str(self._data["actor"])

    @property
    def attempt(self) -> str:
        """The execution that wrote it."""
        return str(self._data["attempt"])

    @property
    def names(self) -> tuple[object, ...]:
        """The runbook, subject, incident, number and previous hash in the body.

        Raises BadInput or ValueError for a body that is not an object.
        """
        return tuple(self._data.get(name) for name in ("runbook", "subject", "incident", "seq", "previous"))

    @property
    def previous(self) -> str:
        """The hash of the previous entry."""
        return str(self._data["previous"])


@frozen
class Stamp:
    """The data that all entries of one execution share. `attempt` is the request id of the function."""

    key: ChainKey
    incident: str
    actor: str
    attempt: str
    at: datetime


def link(stamp: Stamp, head: Entry | None, facts: Iterable[Fact]) -> tuple[Entry, ...]:
    """Append facts to a chain. Each entry contains the hash of the previous one."""
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


def check_append(history: History, entries: Sequence[Entry], lease: Lease | None) -> None:
    """Raise InternalError unless the entries continue `history` or open an incident with its lease.

    Two responders that open different incidents at once conflict on the lease. Their entries alone would
    not conflict.
    """
    head = history.head
    for entry in entries:
        if entry.seq == 0:
            _check_opening(entry, lease)
        elif head is None or (head.incident, head.seq + 1, head.hash) != (
            entry.incident,
            entry.seq,
            entry.previous,
        ):
            raise InternalError(f"entry {entry.incident}#{entry.seq} does not follow the previous entry")
        head = entry


def _check_opening(entry: Entry, lease: Lease | None) -> None:
    if entry.previous:
        raise InternalError(f"entry {entry.incident}#0 opens an incident and names a previous entry")
    if lease is None or lease.incident != entry.incident:
        raise InternalError(f"incident {entry.incident} is opened without a lease for it")


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal.

    An altered body can contain half a surrogate pair. That must give a wrong hash, and not an error.
    """
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


@frozen
class Slot:
    """One of the places of a limit. `owner` uses it from `at` on, and nobody else for a period.

    Attributes
    ----------
    name : str
        The limit, such as `auto-scaling-group/111122223333/eu-west-1/web/hour`.
    owner : str
        Who uses it, such as a subject. The owner may use it again. Empty: nobody, it is free.
    at : datetime
        Since when. A time that is further in the future than clocks differ counts as none.
    most : int
        How many places the limit has.
    period : timedelta
        For how long a place stays used.
    index : int
        Which place, from 0. Negative: the one that follows from the owner.
    share : int
        Of a limit on open containments: how many of a group's instances, in percent. Its owners are chains,
        and a place stays used while the containment of its owner is open. 0: of any other limit.
    seen : tuple of str and datetime, or None
        The owner and the time of a place whose containment is over. The place is used if it still says that.
    size : int
        How large the group is, if that is known already. 0: an item of the control table says it.
    """

    name: str
    owner: str
    at: datetime
    most: int = 1
    period: timedelta = PERIOD
    index: int = -1
    share: int = 0
    seen: tuple[str, datetime] | None = None
    size: int = 0

    @cached_property
    def place(self) -> int:
        """The number of the place. Owners begin at different ones, so that few of them meet."""
        if self.index >= 0:
            return self.index
        return int(digest(self.owner)[:8], 16) % self.most if self.most > 1 else 0

    @property
    def key(self) -> str:
        """The key of its item in the control table."""
        return self.key_of(self.place)

    def key_of(self, place: int) -> str:
        """Return the key of the item of another place of the limit."""
        return f"{self.name}/{place}"

    @property
    def until(self) -> datetime:
        """When its place is free again."""
        return self.at + self.period

    def free(self, now: datetime, owner: str, period: timedelta) -> bool:
        """Return whether another owner may use the place."""
        return self.owner in {"", owner} or not now - period < self.at <= now + CLOCKS


@frozen
class Members:
    """The target groups of an instance, as a scheduled look found them.

    Attributes
    ----------
    groups : tuple of (str, int)
        The names of the groups, and how many healthy targets each one has.
    read_at : datetime or None
        When they were read. None: never.
    """

    groups: tuple[tuple[str, int], ...] = ()
    read_at: datetime | None = None

    def known(self, now: datetime) -> bool:
        """Return whether they were read lately."""
        return self.read_at is not None and now - KNOWN < self.read_at <= now + CLOCKS


NOT_READ = Members()
"""Nobody has read the target groups."""


@frozen
class Lease:
    """The right to act on a resource until some time. `incident` is the newest incident of the resource.

    `void`: why no execution of Ringfence can have taken it. Empty if one can. `stored` are the attributes of
    an item that does not have the form of a lease, None for a missing one.
    """

    owner: str = ""
    until: datetime | None = None
    incident: str = ""
    stored: tuple[tuple[str, object], ...] = ()
    void: str = ""

    def held(self, now: datetime, owner: str) -> bool:
        """Return whether another execution holds the lease. A void lease counts as none."""
        if not self.owner or self.owner == owner or self.until is None or self.void:
            return False
        return now < self.until <= now + LONGEST_LEASE + CLOCKS

    def judged(self, now: datetime) -> Lease:
        """Return it with the reason why it is void, if it is."""
        if not self.owner or self.until is None or self.void:
            return self
        if self.until > now + LONGEST_LEASE + CLOCKS:
            most = int(LONGEST_LEASE.total_seconds())
            return replace(self, void=f"it ends later than {most} s from now, the longest lease")
        if not _OWNER.fullmatch(self.owner):
            return replace(self, void="its owner is not an execution")
        return self
