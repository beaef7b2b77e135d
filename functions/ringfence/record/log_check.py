"""Verify the transparency log: its leaves against its checkpoints, and entries against its leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.model.times import utc_text
from ringfence.record.chain import digest
from ringfence.record.integrity import Fault, Wrong, written_at
from ringfence.record.merkle import Edge, grown, leaf_hash
from ringfence.record.tlog import LATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.record.chain import Entry
    from ringfence.record.tlog import Checkpoint, Leaf

LOGGED_WITHIN = timedelta(minutes=45)
"""An entry that is not in the log after this time is a fault. Usually it takes ten minutes."""


@frozen
class Signed:
    """A signed checkpoint, and where it is: in the archive, or in a copy. `note` has its signature too."""

    checkpoint: Checkpoint
    place: str
    note: str = ""


@dataclass
class LogCheck:
    """Recomputes the tree while its leaves pass, and compares it with each checkpoint.

    Parameters
    ----------
    checkpoints
        The signed checkpoints from `edge` on.
    edge
        The right edge of the tree before the first leaf that passes.

    """

    checkpoints: Sequence[Signed]
    edge: Edge = field(default_factory=Edge)
    files: dict[str, bytes] = field(default_factory=dict)
    """The full tiles since the last call of `taken`, by path."""
    faults: list[str] = field(default_factory=list)
    good: int = 0
    """The size of the largest tree so far that has the root of a checkpoint."""

    def __post_init__(self) -> None:
        """Begin with the smallest checkpoint, and report those that contradict each other."""
        self._roots: dict[int, list[Signed]] = {}
        for one in self.checkpoints:
            self._roots.setdefault(one.checkpoint.size, []).append(one)
        for size, several in self._roots.items():
            if len({one.checkpoint.root for one in several}) > 1:
                places = ", ".join(sorted(_place(one) for one in _one_each(several)))
                self.faults.append(
                    f"the log was forked: {counted(size, 'entry has')} different roots in {places}"
                )
        self._sizes = sorted(self._roots)
        self.good = self.edge.size
        self._compare()

    def add(self, leaves: Sequence[bytes]) -> None:
        """Append leaves in order."""
        hashes = [leaf_hash(leaf) for leaf in leaves]
        while hashes:
            upto = len(hashes)
            if self._sizes and self._sizes[0] <= self.edge.size + upto:
                upto = self._sizes[0] - self.edge.size
            self.edge, filled = grown(self.edge, hashes[:upto])
            self.files |= filled
            hashes = hashes[upto:]
            self._compare()

    def taken(self) -> dict[str, bytes]:
        """Return the full tiles since the last time."""
        files, self.files = self.files, {}
        return files

    def end(self) -> None:
        """Report the checkpoints over more entries than there are."""
        for size in self._sizes:
            for one in self._roots[size]:
                self.faults.append(
                    f"the log was cut: {_place(one)} covers {counted(size, 'entry')}, but the archive's log "
                    f"has only {self.edge.size}"
                )

    def _compare(self) -> None:
        while self._sizes and self._sizes[0] <= self.edge.size:
            size = self._sizes.pop(0)
            if size < self.edge.size:
                continue
            for one in _one_each(self._roots[size]):
                if one.checkpoint.root == self.edge.root:
                    self.good = size
                else:
                    self.faults.append(
                        f"leaves {self.good} to {max(size - 1, self.good)} of the log do not have the root "
                        f"of {_place(one)} over {counted(size, 'entry')}"
                    )


def time_faults(checkpoints: Iterable[Signed], now: datetime) -> Iterator[str]:
    """Find times without checkpoints: the log stopped, or they were removed."""
    times = sorted({one.checkpoint.at for one in checkpoints})
    if not times:
        yield "the archive has no checkpoint of the log"
        return
    if now - times[-1] > LATE:
        yield f"the newest checkpoint is of {utc_text(times[-1])}: no later one was signed"


def gaps(checkpoints: Iterable[Signed]) -> Iterator[str]:
    """Name the times in the past without checkpoints."""
    times = sorted({one.checkpoint.at for one in checkpoints})
    for before, after in pairwise(times):
        if after - before > LATE:
            yield f"no checkpoint was signed from {utc_text(before)} to {utc_text(after)}"


def log_faults(
    contents: Mapping[int, Entry],
    archived: frozenset[int],
    leaves: Mapping[int, Sequence[tuple[int, Leaf]]],
    now: datetime,
) -> Iterator[Fault]:
    """Compare the entries of a response with the leaves that name them.

    Parameters
    ----------
    contents
        The entries: those of the archive, and of the table if the archive lacks them.
    archived
        The numbers of the archived entries.
    leaves
        For each number of an entry, the numbers and contents of its leaves.
    now
        The time of the verification.

    """
    for seq in sorted({*contents, *leaves}):
        entry, found = contents.get(seq), leaves.get(seq, ())
        if entry is None:
            yield Fault(
                seq,
                Wrong.REMOVED,
                f"it is leaf {found[0][0]} of the log, and not in the table or the archive",
            )
            continue
        others = [number for number, leaf in found if not fits(leaf, entry)]
        if others:
            words = f"leaf {others[0]} of the log has another version of it"
            yield Fault(seq, Wrong.ALTERED, words)
        elif found and seq not in archived:
            yield Fault(seq, Wrong.UNARCHIVED, f"it is leaf {found[0][0]} of the log, and not in the archive")
        elif not found and seq in archived:
            written = written_at(entry)
            if written is None or now - written > LOGGED_WITHIN:
                yield Fault(seq, Wrong.UNLOGGED, "it is in the archive, but not in the transparency log")


def fits(leaf: Leaf, entry: Entry) -> bool:
    """Return whether a leaf is that of an entry with this content."""
    return (leaf.body, leaf.hash, leaf.mac) == (digest(entry.body), entry.hash, entry.mac)


def _one_each(signed: Iterable[Signed]) -> list[Signed]:
    """Return one checkpoint for each root."""
    return list({one.checkpoint.root: one for one in signed}.values())


def _place(signed: Signed) -> str:
    return f"{signed.place} of {utc_text(signed.checkpoint.at)}"
