"""Verify a chain: recompute it, compare it with the archive, and name the first fault."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.record.chain import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ringfence.record.chain import ChainKey, Entry


class Wrong(StrEnum):
    """The kind of a fault."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    REMOVED = "removed"
    ARCHIVE = "archive"
    UNARCHIVED = "unarchived"
    UNLOGGED = "unlogged"
    LOG = "log"
    FORGED = "forged"


ARCHIVED_WITHIN = timedelta(minutes=15)
"""An entry that is not archived after this time is a fault. Usually it takes seconds."""
_CLOCKS = timedelta(minutes=5)
"""By how much the clock of a function may be ahead."""


@dataclass(frozen=True, order=True)
class Fault:
    """The fault of one entry, in words."""

    seq: int
    wrong: Wrong
    words: str


@dataclass(frozen=True)
class Archived:
    """The first version of one entry in the archive.

    `versions` counts the first version and the later ones that differ from it. `markers` are the times of
    delete markers. They hide the entry, but its first version is still there.
    """

    seq: int
    body: str
    hash: str
    versions: int = 1
    mac: str = ""
    markers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChainVerdict:
    """The result of a verification. `archived` is None if there was no archive to compare with.

    `remarks` are attempts that altered no entry. `unlogged` are the numbers of entries that are not in the
    transparency log yet, which is no fault.
    """

    incident: str
    chain: str
    entries: int
    archived: int | None
    pending: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()
    unlogged: tuple[int, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether no entry is wrong. An entry that is pending for a short time is not wrong."""
        return not self.faults

    @property
    def first(self) -> Fault | None:
        """The first fault."""
        return self.faults[0] if self.faults else None

    @property
    def claim(self) -> str:
        """The result in words."""
        if self.first and self.first.seq < 0:
            return f"VERIFICATION FAILED: {self.first.words}"
        if self.first:
            wrong = _PLAIN[self.first.wrong]
            return f"VERIFICATION FAILED: entry {self.first.seq} is {wrong}: {self.first.words}"
        if self.archived is None:
            return (
                f"{_count(self.entries)} consistent with each other. Without the archive, this check does "
                "not detect a chain that was completely rewritten, or entries that were removed at its end"
            )
        claim = f"{_count(self.archived)} the same as the archive's first versions"
        if self.pending:
            claim += (
                f"; {_count(len(self.pending))} pending: not archived yet, only checked against each other"
            )
        return claim


_PLAIN = {
    Wrong.ALTERED: "altered",
    Wrong.MISSING: "missing",
    Wrong.REORDERED: "reordered",
    Wrong.REMOVED: "removed",
    Wrong.ARCHIVE: "tampered with in the archive",
    Wrong.UNARCHIVED: "not archived",
    Wrong.UNLOGGED: "not in the transparency log",
    Wrong.FORGED: "not authentic",
}


def _count(number: int) -> str:
    return counted(number, "entry is")


def verify(
    key: ChainKey,
    incident: str,
    table: Sequence[Entry],
    archive: Iterable[Archived] | None = None,
    now: datetime | None = None,
) -> ChainVerdict:
    """Verify the chain of one incident.

    `table` are the entries in the order of the table. An entry with a negative number is an item that is
    not an entry. Without `archive`, the verification cannot detect a completely recomputed chain or removed
    entries at the end. The result says so. Without `now`, it cannot detect that an entry at the end was
    never archived.
    """
    numbered = [entry for entry in table if entry.seq >= 0]
    kept = {entry.seq: entry for entry in numbered}
    first = {} if archive is None else {one.seq: one for one in archive}
    faults: dict[int, Fault] = {}
    for fault in (
        *(Fault(-1, Wrong.ALTERED, "there is an item that is not an entry") for one in table if one.seq < 0),
        *_order_faults(numbered),
        *_gaps(kept, first),
        *_content_faults(key, incident, kept),
        *_archive_faults(kept, first),
        *(() if archive is None else _unarchived(kept, first.keys(), now)),
    ):
        faults.setdefault(fault.seq, fault)
    for fault in _link_faults(kept, sound=kept.keys() - faults, archived=first.keys()):
        faults.setdefault(fault.seq, fault)
    return ChainVerdict(
        incident=incident,
        chain=key.text,
        entries=len(numbered),
        archived=None if archive is None else len(first),
        pending=() if archive is None else tuple(sorted(kept.keys() - first.keys())),
        faults=tuple(sorted(faults.values())),
        remarks=tuple(_remarks(first.values())),
    )


def _order_faults(table: Sequence[Entry]) -> Iterator[Fault]:
    found = [entry.seq for entry in table]
    for seq, times in Counter(found).items():
        if times > 1:
            yield Fault(seq, Wrong.REORDERED, f"it exists {counted(times, 'time')}")
    for place, seq in zip(sorted(found), found, strict=True):
        if place != seq:
            yield Fault(place, Wrong.REORDERED, f"entry {seq} is in its place")
            return


def _gaps(kept: Mapping[int, Entry], first: Mapping[int, Archived]) -> Iterator[Fault]:
    for seq in range(max((*kept, *first), default=-1) + 1):
        if seq in kept:
            continue
        if seq in first:
            yield Fault(seq, Wrong.REMOVED, "it is in the archive and not in the table")
        else:
            yield Fault(seq, Wrong.MISSING, "later entries exist, but this entry does not")


def _content_faults(key: ChainKey, incident: str, kept: Mapping[int, Entry]) -> Iterator[Fault]:
    for seq, entry in kept.items():
        body = _body(entry)
        if digest(entry.body) != entry.hash:
            yield Fault(seq, Wrong.ALTERED, "its hash does not match its body")
        elif (body.get("runbook"), body.get("subject"), body.get("incident")) != (
            key.runbook,
            key.subject,
            incident,
        ):
            yield Fault(seq, Wrong.ALTERED, "its body belongs to another response")
        elif body.get("seq") != seq:
            yield Fault(seq, Wrong.REORDERED, f"it contains entry {ascii(body.get('seq'))[:20]}")
        elif seq == 0 and body.get("previous") != "":
            yield Fault(seq, Wrong.ALTERED, "it is the first entry, but names a previous entry")


def _archive_faults(kept: Mapping[int, Entry], first: Mapping[int, Archived]) -> Iterator[Fault]:
    for seq, archived in first.items():
        entry = kept.get(seq)
        if entry and (entry.body, entry.hash, entry.mac) != (archived.body, archived.hash, archived.mac):
            yield Fault(seq, Wrong.ALTERED, "it differs from the first archived version")
        if digest(archived.body) != archived.hash:
            yield Fault(seq, Wrong.ARCHIVE, "the archived hash does not match the archived body")
        if archived.versions > 1:
            yield Fault(
                seq, Wrong.ARCHIVE, f"{counted(archived.versions - 1, 'more version')} after the first"
            )


def _unarchived(
    kept: Mapping[int, Entry], archived: AbstractSet[int], now: datetime | None
) -> Iterator[Fault]:
    """Find entries that should be archived. The stream delivers entries in order."""
    for seq in sorted(kept.keys() - archived):
        written = written_at(kept[seq])
        if seq < max(archived, default=-1):
            yield Fault(seq, Wrong.UNARCHIVED, "later entries are in the archive, but this entry is not")
        elif now and written is None:
            yield Fault(seq, Wrong.UNARCHIVED, "it does not say when it was written")
        elif now and written and now - written > ARCHIVED_WITHIN:
            minutes = int((now - written).total_seconds() // 60)
            yield Fault(seq, Wrong.UNARCHIVED, f"it was written {counted(minutes, 'minute')} ago")
        elif now and written and written - now > _CLOCKS:
            yield Fault(seq, Wrong.UNARCHIVED, f"it says that it was written later than now: {written}")


def written_at(entry: Entry) -> datetime | None:
    """Return when an entry says that it was written. None if it does not say."""
    try:
        at = datetime.fromisoformat(str(_body(entry).get("at")))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _remarks(archived: Iterable[Archived]) -> Iterator[str]:
    """Name each delete marker once. It hides all entries of one object."""
    hidden: dict[str, list[int]] = {}
    for one in archived:
        for marker in one.markers:
            hidden.setdefault(marker, []).append(one.seq)
    for marker, seqs in hidden.items():
        entries = f"entry {seqs[0]}" if len(seqs) == 1 else f"entries {seqs[0]} to {seqs[-1]}"
        yield (
            f"tampering: {entries} got a delete marker in the archive at {marker}. The first version still "
            "exists. CloudTrail's data events and the archive's access logs show who called DeleteObject"
        )


def with_more(verdict: ChainVerdict, faults: Iterable[Fault]) -> ChainVerdict:
    """Return the result with further faults, of which each entry has one."""
    found = {fault.seq: fault for fault in reversed((*verdict.faults, *faults))}
    return replace(verdict, faults=tuple(sorted(found.values())))


def _link_faults(
    kept: Mapping[int, Entry], sound: AbstractSet[int], archived: AbstractSet[int]
) -> Iterator[Fault]:
    """Attribute a broken link to the entry that matches neither neighbor, or to the one that is not archived.

    Links to an entry with a known fault are ignored.
    """
    broken = {
        seq
        for seq in sound
        if seq - 1 in sound and _body(kept[seq]).get("previous") != digest(kept[seq - 1].body)
    }
    for seq in sorted(broken):
        if seq - 1 in archived or seq + 1 in broken:
            yield Fault(seq, Wrong.ALTERED, f"it does not contain the hash of entry {seq - 1}")
        else:
            words = f"entry {seq} names another hash for this entry; one of the two entries was altered"
            yield Fault(seq - 1, Wrong.ALTERED, words)


def _body(entry: Entry) -> Mapping[str, object]:
    try:
        body = json.loads(entry.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
