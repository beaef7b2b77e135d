"""What the seals of a response's entries prove, entry by entry. For people, who have no key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.record.chain import digest
from ringfence.record.seal import Origin, prove

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.seal import SealKeys


@frozen
class SealCheck:
    """The numbers of a response's entries, by what their seals prove.

    Attributes
    ----------
    sealed : tuple of int
        The entries that a function of Ringfence wrote in this place.
    forged : tuple of int
        The entries that no function can have written so, and the entry for which a release is refused.
    unsealed : tuple of int
        The entries without a MAC.
    unchecked : tuple of int
        The entries whose MAC cannot be checked, because the key is missing.
    missing : str
        Why there is no key, in words. Empty if there is one.
    """

    sealed: tuple[int, ...] = ()
    forged: tuple[int, ...] = ()
    unsealed: tuple[int, ...] = ()
    unchecked: tuple[int, ...] = ()
    missing: str = ""


def check_seals(
    key: ChainKey, entries: Sequence[Entry], keys: SealKeys, known: frozenset[str] = frozenset()
) -> SealCheck:
    """Sort the entries of one incident. `known` are the labels of the keys that this deployment has."""
    labels = known.union(one.label for one in keys.keys)
    proof = prove(key, entries, keys, known)
    found: dict[Origin, list[int]] = {origin: [] for origin in Origin}
    for entry in entries:
        origin = keys.origin(key, entry, labels)
        at_fault = proof.fault is not None and proof.fault.seq == entry.seq
        found[Origin.FORGED if at_fault or not _its_own(key, entry) else origin].append(entry.seq)
    return SealCheck(
        tuple(found[Origin.SEALED]),
        tuple(found[Origin.FORGED]),
        tuple(found[Origin.UNSEALED]),
        tuple(found[Origin.UNCHECKED]),
        proof.missing,
    )


def _its_own(key: ChainKey, entry: Entry) -> bool:
    """Return whether the body is that of this entry. The MAC covers the hash, and the hash the body."""
    if digest(entry.body) != entry.hash:
        return False
    try:
        *names, _ = entry.names
    except (BadInput, RecursionError, ValueError):
        return False
    return names == [key.runbook, key.subject, entry.incident, entry.seq]
