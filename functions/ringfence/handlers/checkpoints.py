"""Publish the transparency log: write its tiles, and sign a checkpoint over all of its entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import sort_key
from ringfence.aws.log_files import copy_key
from ringfence.aws.log_sequence import DONE
from ringfence.handlers.metrics import emit
from ringfence.handlers.tampering import alarm
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.step import counted
from ringfence.record.measures import CHECKPOINT, Measure
from ringfence.record.merkle import Edge
from ringfence.record.tlog import (
    EVERY,
    Checkpoint,
    Leaf,
    extended,
    lost,
    read_checkpoint,
)

if TYPE_CHECKING:
    from ringfence.aws.archive import S3Archive
    from ringfence.aws.log_files import CheckpointCopies, LogFiles
    from ringfence.aws.log_sequence import LogSequence
    from ringfence.aws.log_signer import KmsSigner
    from ringfence.aws.notice import Topic
    from ringfence.engine.ports import Clock, SideBySide

MOST_LEAVES = 20_000
"""Leaves of one run. The next run continues."""
MOST_LOST = 10_000
"""Numbers without leaves that one run fills."""
MOST_IMPORTED, IMPORTS = 250, 20
"""Objects that are imported together, because their leaves fit into one item, and how often in one run."""
_SOONER = timedelta(minutes=10)
"""The time between two runs. A checkpoint that would be too old at the next run is replaced now."""
_VERSIONS = 20
"""Versions of the checkpoint that are read if the newest one is not the largest."""


@dataclass(frozen=True)
class Publishing:
    """Publishes what waits in order. Every step can be repeated, and two executions write the same files."""

    archive: S3Archive
    sequence: LogSequence
    files: LogFiles
    signer: KmsSigner
    copies: CheckpointCopies | None
    topic: Topic
    clock: Clock
    side_by_side: SideBySide

    def work(self) -> Checkpoint | None:
        """Sign a checkpoint if entries wait or the last one is old. Raises Retryable, BadInput."""
        self._import()
        before = self._newest()
        size, waiting = before.size if before else 0, self.sequence.size()
        if waiting < size:
            self._alarm(f"the control table counts {counted(waiting, 'entry')} of the log, which has {size}")
            self.sequence.set_size(waiting, size)
            waiting = size
        edge, last = self._edge(before)
        leaves = self._waiting(size, waiting, before)
        if before and not leaves and self.clock() - before.at < EVERY - _SOONER:
            self.sequence.forget(size)
            return None
        growth = extended(edge, last, leaves)
        for path, data in growth.files.items():
            if not self.files.put(path, data):
                self._alarm(f"another file was at {path} before the log wrote it")
        now = self.clock().replace(microsecond=0)
        made = Checkpoint(self.signer.name, growth.edge.size, growth.edge.root, now)
        note = made.signed(self.signer.key, self.signer.sign(made.text.encode()))
        self.files.put_checkpoint(note)
        emit((Measure(CHECKPOINT),))
        self.sequence.forget(size)
        if self.copies:
            self.copies.put(copy_key(made.origin, made.size, made.at), note)
        return made

    def _import(self) -> None:
        """Append what was archived before there was a log, some objects in each run."""
        marker = self.sequence.imported()
        for _ in range(IMPORTS):
            if marker == DONE:
                return
            found, last = self.archive.old_entries(marker, MOST_IMPORTED, self.side_by_side)
            leaves = [
                Leaf.of(place.key.text, sort_key(place.incident, entry.seq), entry).text
                for place, entry in found
            ]
            self.sequence.append(leaves, imported=(marker, last or DONE))
            marker = last or DONE

    def _newest(self) -> Checkpoint | None:
        """Return the largest signed checkpoint of the newest ones. Raises Retryable if it was removed."""
        published = self.sequence.published()
        newest: Checkpoint | None = None
        for version in islice(self.files.checkpoints(), _VERSIONS):
            try:
                one = read_checkpoint(self.files.checkpoint(version), self.signer.key, self.signer.verify)
            except BadInput as error:
                self._alarm(f"a checkpoint in the archive is not the log's: {error}")
                continue
            if newest is None or one.size > newest.size:
                newest = one
            if newest.size >= published:
                return newest
        if published:
            self._alarm(
                f"the archive has no checkpoint over the {counted(published, 'entry that was')} published"
            )
            raise Retryable(f"the log has no checkpoint over {counted(published, 'entry')}")
        return newest

    def _edge(self, before: Checkpoint | None) -> tuple[Edge, tuple[str, ...]]:
        """Read the right edge of the log, and the leaves of its last bundle.

        Raises Retryable if no versions of the tiles fit the checkpoint. Then nothing is signed.
        """
        if before is None:
            return Edge(), ()
        edge = self.files.edge(before.size, before.root)
        if edge is None:
            raise self._stop(
                f"its tiles do not have the root of its checkpoint over {counted(before.size, 'entry')}"
            )
        last = self.files.last_leaves(edge)
        if last is None:
            raise self._stop(f"its last entries do not fit its checkpoint over {counted(edge.size, 'entry')}")
        return edge, last

    def _waiting(self, start: int, end: int, before: Checkpoint | None) -> list[str]:
        """Return the leaves that wait. In place of each that somebody removed is a leaf that says so."""
        leaves: list[str] = []
        removed: list[int] = []
        while (at := start + len(leaves)) < end and len(leaves) < MOST_LEAVES and len(removed) < MOST_LOST:
            found = self.sequence.waiting(at)
            if found is None and not removed and self._newest() != before:
                # Its leaves were published, and then they were taken away.
                raise Retryable("another execution published the log meanwhile")
            if found is None:
                removed.append(at)
            leaves += (lost(at),) if found is None else found
        if removed:
            they = "it was" if len(removed) == 1 else "they were"
            self._alarm(
                f"{counted(len(removed), 'entry was')} removed from the control table before {they} in the "
                f"log: numbers {removed[0]} to {removed[-1]}"
            )
        return leaves

    def _stop(self, words: str) -> Retryable:
        self._alarm(f"the transparency log was changed in the archive: {words}")
        return Retryable(f"the log cannot be continued: {words}")

    def _alarm(self, words: str) -> None:
        alarm(self.topic, words)
