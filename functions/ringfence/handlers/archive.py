"""Archive new entries of the audit table. Every other change is tampering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.handlers.stream import INSERT
from ringfence.record.chain import digest
from ringfence.record.measures import TAMPER, Measure
from ringfence.record.notices import Notice, plain, subject_line

if TYPE_CHECKING:
    from ringfence.aws.archive import S3Archive
    from ringfence.aws.notice import Topic
    from ringfence.handlers.stream import Change


@dataclass(frozen=True)
class Archiving:
    """Archives new entries, and raises the tamper alarm: a metric, an error in the log and a notice."""

    archive: S3Archive
    topic: Topic

    def act(self, change: Change) -> None:
        """Handle one change. Raises Retryable if the archive or the topic fails."""
        if words := self._tampering(change):
            self._alarm(change, words)

    def _tampering(self, change: Change) -> str:
        """Archive a new entry unchanged. Return what is wrong in words, or nothing."""
        if change.kind != INSERT:
            return f"an entry was changed after it was written ({change.kind})"
        if change.entry is None:
            return "an item was written that is not a valid entry"
        if not self.archive.keep(change.chain, change.entry):
            return "the archive has another version of a new entry"
        if digest(change.entry.body) != change.entry.hash:
            return "an entry was written with a hash that does not match its body"
        return ""

    def _alarm(self, change: Change, words: str) -> None:
        """Emit the metric first, because its alarm does not depend on the topic."""
        emit((Measure(TAMPER),))
        logger().error("tampering", extra={"what": words, "chain": change.chain, "entry": change.sort})
        incident = change.sort.rpartition("#")[0]
        text = (
            f"The audit log was tampered with: {words}",
            f"Chain {plain(change.chain)}, entry {plain(change.sort)}",
            f"To see the first version: ringfence audit verify {plain(incident)}",
        )
        self.topic.publish(Notice(subject_line(f"Ringfence: TAMPERING: {words}"), "\n".join(text)))
