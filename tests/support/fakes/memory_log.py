"""An audit log in memory: the port's rules without a table."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import provided_key
from ringfence.model.errors import Conflict, RingfenceError, UnknownRecord
from ringfence.record.chain import ROOM, ChainKey, Lease, Members, check_append
from ringfence.record.containments import containment
from ringfence.record.deployment_facts import PausesChanged
from ringfence.record.history import History, Provided, with_provided
from ringfence.record.pauses import PAUSE, Pauses
from ringfence.record.seal import prove
from ringfence.record.slots import elsewhere, kept
from tests.support.fakes.seals import FixedSeals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.aws.dynamo import Seals
    from ringfence.record.chain import Entry, Slot
    from ringfence.record.containments import Containment
    from ringfence.record.facts import Fact
    from ringfence.record.seal import Proof, SealKeys


class MemoryLog:
    """Keeps entries and leases for as long as it lives; safe to use from several threads.

    Subclass it and override `read` or `append` to lose an answer or to stop in between.
    """

    def __init__(self, seals: Seals | None = None) -> None:
        self.seals: Seals = seals or FixedSeals()
        self._entries: dict[str, dict[tuple[str, int], Entry]] = {}
        self._leases: dict[str, Lease] = {}
        self._slots: dict[str, Slot] = {}
        self._provided: dict[str, Provided] = {}
        self._pauses = Pauses()
        self.members: dict[str, Members] = {}
        self._listed: dict[str, tuple[tuple[Entry, ...], Containment | None]] = {}
        self._proved: dict[str, tuple[tuple[tuple[Entry, ...], SealKeys, frozenset[str]], Proof]] = {}
        self._lock = Lock()

    def read(self, key: ChainKey) -> History:
        """Return the newest incident's entries and the lease."""
        with self._lock:
            kept = self._entries.get(key.text, {})
            lease = self._leases.get(key.text, Lease())
            known = {incident for incident, _ in kept}
            newest = lease.incident if lease.incident in known else max(known, default="")
            entries = tuple(kept[at] for at in sorted(kept) if at[0] == newest)
            proof = self._proof(key, entries)
            provided, members = (
                self._provided.get(provided_key(key), {}),
                self.members.get(key.text, Members()),
            )
            return History(entries, lease, provided, proof, self._pauses, members=members)

    def _proof(self, key: ChainKey, entries: tuple[Entry, ...]) -> Proof:
        """Prove entries. The same ones, read again, prove the same, and tests read more than they write."""
        keys, labels = self.seals.keys(), self.seals.labels
        given = (entries, keys, labels)
        known = self._proved.get(key.text)
        if known is None or known[0] != given:
            known = self._proved[key.text] = (given, prove(key, entries, keys, labels))
        return known[1]

    def everything(self, key: ChainKey) -> tuple[Entry, ...]:
        """Return the entries of every incident of a chain, in order."""
        with self._lock:
            kept = self._entries.get(key.text, {})
            return tuple(kept[at] for at in sorted(kept))

    def pauses(self) -> Pauses:
        """Return what is paused."""
        with self._lock:
            return self._pauses

    def put_pauses(self, pauses: Pauses) -> None:
        """Let somebody else write what is paused, or spoil it."""
        self._pauses = pauses

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        """Write the entries and the lease, all or none."""
        check_append(history, entries, lease)
        written, entries = entries, self.seals.known().sealed(key, entries)
        with self._lock:
            kept = self._entries.setdefault(key.text, {})
            current = self._leases.get(key.text, Lease())
            taken = any((entry.incident, entry.seq) in kept for entry in entries)
            if taken or (lease is not None and current != replace(history.lease, void=current.void)):
                if _ours(kept, entries) if entries else current == lease:
                    return
                raise Conflict(f"{key.text}: another execution wrote first")
            refused = [one for one in slots if self._is_used(one)]
            for one in elsewhere(slots, refused, self._slots, self.open()):
                self._slots[one.key] = one
            kept.update({(entry.incident, entry.seq): entry for entry in entries})
            place = provided_key(key)
            self._provided[place] = with_provided(self._provided.get(place, {}), _facts(written))
            if lease is not None:
                self._leases[key.text] = lease
            newest = entries[-1].fact if key.runbook == PAUSE and entries else None
            if isinstance(newest, PausesChanged):
                self._pauses = Pauses(newest.active, place=(entries[-1].incident, entries[-1].seq))

    def keep_share(self, share: Slot, size: int) -> None:
        """Keep the size of a group, and make room for the next containment."""
        with self._lock:
            for one in kept(share, size, self._slots, self.open()):
                self._slots[one.key] = one

    def open(self) -> frozenset[str]:
        """Return the chains of open contained incidents."""
        owners = {
            one.owner for one in self._slots.values() if "#" in one.owner and one.owner in self._entries
        }
        found = {chain: self._item(chain) for chain in owners}
        return frozenset(chain for chain, one in found.items() if one is not None and one.open)

    def _item(self, chain: str) -> Containment | None:
        """Return the item of the list of containments. The same entries have the same item."""
        kept, key = self._entries[chain], ChainKey(*chain.split("#", 1))
        newest = max(incident for incident, _ in kept) if kept else ""
        entries = tuple(kept[at] for at in sorted(kept) if at[0] == newest)
        known = self._listed.get(chain)
        if known is None or known[0] != entries:
            known = self._listed[chain] = (entries, _listed(key, entries))
        return known[1]

    def _is_used(self, slot: Slot) -> bool:
        held = self._slots.get(slot.key)
        if held is not None and slot.share and not slot.seen and not held.owner:
            return held.at <= slot.at - ROOM
        return held is not None and not held.free(slot.at, slot.owner, slot.period)

    @property
    def slots(self) -> dict[str, Slot]:
        """The places of limits that were used, by key."""
        return dict(self._slots)

    def put_slot(self, key: str, slot: Slot) -> None:
        """Replace a place, as a reset does."""
        self._slots[key] = slot

    def without_chains(self) -> MemoryLog:
        """Return an empty log with the same used limits, as for subjects whose incidents are all over."""
        fresh = MemoryLog(self.seals)
        fresh._slots = dict(self._slots)  # its own kind
        return fresh

    def all(self, key: ChainKey) -> tuple[Entry, ...]:
        """Return the entries of every incident on a chain, oldest first."""
        kept = self._entries.get(key.text, {})
        return tuple(kept[at] for at in sorted(kept))

    @property
    def chains(self) -> tuple[str, ...]:
        """Every chain that has an entry."""
        return tuple(chain for chain, kept in self._entries.items() if kept)


def _facts(entries: Sequence[Entry]) -> Iterator[Fact]:
    """Yield the facts that this version can read: a test can write as a newer version does."""
    for entry in entries:
        try:
            yield entry.fact
        except UnknownRecord:
            continue


def _ours(kept: dict[tuple[str, int], Entry], entries: Sequence[Entry]) -> bool:
    return all(kept.get((entry.incident, entry.seq)) == entry for entry in entries)


def _listed(key: ChainKey, entries: tuple[Entry, ...]) -> Containment | None:
    """Return the item of the list of containments. Forged entries change nothing in that list."""
    try:
        return containment(key, History(entries)) if entries else None
    except (RingfenceError, ValueError, TypeError):
        return None
