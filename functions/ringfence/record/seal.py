"""Seals: who wrote an entry. A seal is a MAC under a key that only Ringfence's functions can derive. Pure.

The hash chain proves the order of the entries, and anybody can compute it. The seal proves their origin.
This module is imported before the isolating call.
"""

from __future__ import annotations

import hmac
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen, replace
from ringfence.record.chain import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ringfence.record.chain import ChainKey, Entry

VERSION = "1"
"""The version of the MAC's text and of what it covers: `1:<label of the key>:<hexadecimal>`."""
_DOMAIN, _PROVIDED, _SENT = "ringfence record entry", "ringfence provided ids", "ringfence sent finding"
_NO_LABEL = "-"


@frozen
class SealKey:
    """A derived key. `label` names the KMS key that it was derived from."""

    label: str
    secret: bytes

    def __repr__(self) -> str:
        """Return the label only."""
        return f"SealKey({self.label!r})"

    def mac(self, key: ChainKey, entry: Entry) -> str:
        """Return the MAC of an entry.

        It covers the chain, the incident and the number, so that an entry is valid in its place only. The
        hash covers the body.
        """
        return self._mac(_DOMAIN, key.text, entry.incident, entry.seq, entry.hash)

    def provided_mac(self, place: str, text: str) -> str:
        """Return the MAC of the ids that Ringfence created. `place` is the key of their item."""
        return self._mac(_PROVIDED, place, text)

    def sent_mac(self, text: str) -> str:
        """Return the MAC of a finding and its sender."""
        return self._mac(_SENT, text)

    def _mac(self, domain: str, *covered: object) -> str:
        text = canonical([domain, VERSION, self.label, *covered])
        found = hmac.digest(self.secret, text.encode(), "sha256")  # a third of the time of `hmac.new`
        return f"{VERSION}:{self.label}:{found.hex()}"


class Origin(StrEnum):
    """What the MAC of an entry says about its origin."""

    SEALED = "sealed"
    UNSEALED = "unsealed"
    """There is no MAC: an earlier version wrote it, there was no key, or it is forged."""
    UNCHECKED = "unchecked"
    """There is a MAC, and the key to check it cannot be derived now."""
    FORGED = "forged"


@frozen
class SealKeys:
    """The derived keys. The first one seals, and all of them check. None if `missing` says why."""

    keys: tuple[SealKey, ...] = ()
    missing: str = ""

    def sealed(self, key: ChainKey, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Return the entries with their MACs. Without a key they stay unsealed."""
        if not self.keys:
            return tuple(entries)
        seals = self.keys[0]
        return tuple(replace(one, mac=seals.mac(key, one)) for one in entries)

    def origin(self, key: ChainKey, entry: Entry, known: frozenset[str]) -> Origin:
        """Return what the MAC says. `known` are the labels of the keys that this deployment has."""
        return self._origin(entry.mac, lambda one: one.mac(key, entry), known)

    def provided_origin(self, place: str, text: str, mac: str, known: frozenset[str]) -> Origin:
        """Return what the MAC of the ids that Ringfence created says."""
        return self._origin(mac, lambda one: one.provided_mac(place, text), known)

    def sent_origin(self, text: str, mac: str, known: frozenset[str]) -> Origin:
        """Return what the MAC of a finding and its sender says."""
        return self._origin(mac, lambda one: one.sent_mac(text), known)

    def _origin(self, mac: str, computed: Callable[[SealKey], str], known: frozenset[str]) -> Origin:
        if not mac:
            return Origin.UNSEALED
        label = mac.partition(":")[2].rpartition(":")[0] or _NO_LABEL
        for one in self.keys:
            if one.label == label:
                same = hmac.compare_digest(computed(one).encode(), mac.encode())
                return Origin.SEALED if same else Origin.FORGED
        return Origin.UNCHECKED if label in known else Origin.FORGED


@frozen
class Fault:
    """The first entry of a chain that is not authentic, and why, in words."""

    seq: int
    words: str


@frozen
class Proof:
    """What the seals and hashes of a chain prove.

    Attributes
    ----------
    fault : Fault or None
        The first entry that no function of Ringfence can have written so. Nothing in the chain is obeyed.
    unsealed : tuple of int
        The entries without a MAC. Nobody can prove who wrote them.
    unchecked : tuple of int
        The entries whose MAC cannot be checked, because the key is missing.
    missing : str
        Why there is no key, in words. Empty if there is one.
    """

    fault: Fault | None = None
    unsealed: tuple[int, ...] = ()
    unchecked: tuple[int, ...] = ()
    missing: str = ""

    @property
    def unproved(self) -> tuple[int, ...]:
        """The entries whose origin is not proved."""
        return tuple(sorted((*self.unsealed, *self.unchecked)))


def prove(
    key: ChainKey, entries: Sequence[Entry], keys: SealKeys, known: frozenset[str] = frozenset()
) -> Proof:
    """Check the order, the hashes and the seals of an incident's entries. Calls nothing."""
    unsealed: list[int] = []
    unchecked: list[int] = []
    fault = None
    labels = known.union(one.label for one in keys.keys)
    for place, entry in enumerate(entries):
        origin = keys.origin(key, entry, labels)
        words = _misplaced(key, entries, place) or ("its MAC is wrong" if origin is Origin.FORGED else "")
        if words and fault is None:
            fault = Fault(entry.seq, words)
        if origin is Origin.UNSEALED:
            unsealed.append(entry.seq)
        elif origin is Origin.UNCHECKED:
            unchecked.append(entry.seq)
    return Proof(fault, tuple(unsealed), tuple(unchecked), keys.missing)


def _misplaced(key: ChainKey, entries: Sequence[Entry], place: int) -> str:
    """Return in words why an entry is not the one that belongs in its place. Empty if it is."""
    entry = entries[place]
    before = entries[place - 1].hash if place else ""
    if entry.seq != place:
        return f"it is in the place of entry {place}"
    if digest(entry.body) != entry.hash:
        return "its hash does not match its body"
    try:
        *subject, incident, seq, previous = entry.names
    except (BadInput, RecursionError, ValueError):
        return "its body is not that of an entry"
    if subject != [key.runbook, key.subject]:
        return "its body belongs to another response"
    if (incident, seq) != (entries[0].incident, place):
        return "its body belongs to another place"
    return "" if previous == before else "it does not contain the hash of the previous entry"


def places(numbers: Sequence[int]) -> str:
    """Return numbers of entries in words: `0-3, 7`."""
    return ", ".join(f"{first}-{last}" if first != last else f"{first}" for first, last in _runs(numbers))


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first: int | None = None
    last = 0
    for number in sorted(numbers):
        if first is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield first, last
        first = last = number
    if first is not None:
        yield first, last
