"""The stream of the audit table: each entry reaches the archive and the published log, also after a crash.

It runs beside the scheduler: a batch is delivered when it is written. Some batches are delivered again in
other parts, and in some the function dies at one of its calls and begins again. After some batches the log is
published, and the function that does it dies as well.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

from ringfence.handlers.archive import Archiving
from ringfence.model.errors import RingfenceError
from ringfence.record.merkle import WIDTH, bundle_path
from ringfence.record.tlog import read_checkpoint, unpacked
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.stream import record_of
from tests.support.simulation import invariants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringfence.aws.notice import Topic
    from ringfence.handlers.archive import Seals
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.tlog import Checkpoint

AGAIN, DIES, CALLS = 5, 7, 4
"""Which batches are delivered again, in which the function dies, and before how many of its calls at most."""
PUBLISHES, PUBLISHES_DYING, PUBLISHING_CALLS = 11, 13, 12
"""After which batches the log is published, after which the function dies first, and before which call."""
SEEDS = 4
"""A part of the seeds have a stream: it takes a third of a run's time, and depends on nothing else in it."""


class DiedError(Exception):
    """A function dies here."""


class AuditStream:
    """Delivers entries. `wrong` says what is wrong in the end."""

    def __init__(self, seals: Seals) -> None:
        self.home = LogHome()
        self._archiving = Archiving(
            self.home.archive, self.home.sequence, cast("Topic", self.home.told), seals
        )
        self._batches = 0
        self._failed: list[str] = []

    def deliver(self, key: ChainKey, entries: Sequence[Entry]) -> None:
        """Deliver the entries of one transaction."""
        if not entries:
            return
        self._batches += 1
        if self._batches % DIES == 0:
            self._die(key, entries)
        if self._batches % AGAIN == 0:
            self._work(key, entries[:1])
        self._work(key, entries)
        if self._batches % PUBLISHES_DYING == 0:
            with suppress(DiedError), self._dying(self._batches // PUBLISHES_DYING % PUBLISHING_CALLS):
                self._publish()
        if self._batches % PUBLISHES == 0:
            self._publish()

    def wrong(self, recorded: Mapping[ChainKey, Sequence[Entry]]) -> Iterator[str]:
        """Publish what waits, and compare archive and log with what was recorded. Yield what is wrong."""
        self.home.clock.wait(hours=1)
        while self._publish():
            pass
        yield from self._failed
        leaves = self._published()
        archived = {
            (key.text, incident): self.home.archive.first_versions(key, incident, in_turn)
            for key, entries in recorded.items()
            for incident in dict.fromkeys(one.incident for one in entries)
        }
        yield from invariants.archived_is_logged(recorded, archived, leaves)
        yield from invariants.checkpoints_cover(self._checkpoints(), leaves)
        yield from (f"people are told of tampering: {one.subject}" for one in self.home.told.notices)

    def _checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return every signed checkpoint, the oldest first."""
        files, signer = self.home.files, self.home.signer
        notes = [files.checkpoint(version) for version in files.checkpoints()]
        return tuple(read_checkpoint(note, signer.key, signer.verify) for note in reversed(notes))

    def _published(self) -> tuple[str, ...]:
        """Return the leaves that the newest checkpoint covers, from the bundles of the archive."""
        size = self._checkpoints()[-1].size
        bundles = (
            next(self.home.files.versions(bundle_path(start // WIDTH, min(WIDTH, size - start))), b"")
            for start in range(0, size, WIDTH)
        )
        return tuple(leaf.decode() for bundle in bundles for leaf in unpacked(bundle))

    def _work(self, key: ChainKey, entries: Sequence[Entry]) -> None:
        answer = self._archiving.work({"Records": [record_of(key, one) for one in entries]})
        assert answer == {"batchItemFailures": []}

    def _publish(self) -> bool:
        """Let the schedule fire. Return whether a checkpoint was signed."""
        try:
            return self.home.publish() is not None
        except RingfenceError as error:
            self._failed.append(f"the log is not published: {error}")
            return False

    def _die(self, key: ChainKey, entries: Sequence[Entry]) -> None:
        """Let the function that archives die before one of its calls."""
        with suppress(DiedError), self._dying(self._batches // DIES % CALLS):
            self._work(key, entries)

    @contextmanager
    def _dying(self, left: int) -> Iterator[None]:
        """Let a function die after so many of its calls."""

        def gate(_: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise DiedError

        self.home.calls.gate = gate
        try:
            yield
        finally:
            self.home.calls.gate = lambda _: None
