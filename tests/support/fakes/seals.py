"""Keys of seals without KMS: fixed ones, which a test can take away and give back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.record.seal import Proof, SealKey, SealKeys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.chain import Entry
    from ringfence.record.history import History

SEALS = SealKeys((SealKey("key-1", b"a secret of the tests"),))
OTHER = SealKeys((SealKey("key-1", b"a secret of somebody else"),))
DOWN = SealKeys(missing="kms:GenerateMac: KMSInternalException")


class FixedSeals:
    """The keys that it is given. `down` stands for a KMS that fails."""

    def __init__(self, keys: SealKeys = SEALS) -> None:
        self.given, self.down = keys, False
        self._known = DOWN

    @property
    def labels(self) -> frozenset[str]:
        """The labels of all keys."""
        return frozenset(one.label for one in self.given.keys)

    def keys(self) -> SealKeys:
        """Return the keys, or why there are none."""
        if not self._known.keys:
            self._known = DOWN if self.down else self.given
        return self._known

    def known(self) -> SealKeys:
        """Return what was returned last."""
        return self._known

    def forget(self) -> None:
        """Begin as a new process does."""
        self._known = DOWN


def without_macs(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries as they are linked, before they are sealed."""
    return tuple(replace(one, mac="") for one in entries)


def unsealed(history: History) -> History:
    """Return what was read, without what the seals say about it."""
    return replace(history, entries=without_macs(history.entries), proof=Proof())
