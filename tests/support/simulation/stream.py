"""The stream of the audit table: each entry reaches the archive and the log, also after a crash.

It runs beside the scheduler: a batch is delivered when it is written. Some batches are delivered again in
other parts, and in some the function dies at one of its calls and begins again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.handlers.archive import Archiving
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.stream import record_of
from tests.support.simulation import invariants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringfence.aws.notice import Topic
    from ringfence.handlers.archive import Seals
    from ringfence.record.chain import ChainKey, Entry

AGAIN, DIES, CALLS = 5, 7, 4
"""Which batches are delivered again, in which the function dies, and before how many of its calls at most."""
SEEDS = 4
"""A part of the seeds have a stream: it takes a third of a run's time, and depends on nothing else in it."""


class DiedError(Exception):
    """The function that archives dies here."""


class AuditStream:
    """Delivers entries. `wrong` says what is wrong in the end."""

    def __init__(self, seals: Seals) -> None:
        self.home = LogHome()
        self._archiving = Archiving(
            self.home.archive, self.home.sequence, cast("Topic", self.home.told), seals
        )
        self._batches = 0

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

    def wrong(self, recorded: Mapping[ChainKey, Sequence[Entry]]) -> Iterator[str]:
        """Compare the archive and the log with what was recorded. Yield what is wrong."""
        leaves: list[str] = []
        while len(leaves) < self.home.sequence.size():
            leaves += self.home.sequence.waiting(len(leaves)) or ()
        archived = {
            (key.text, incident): self.home.archive.first_versions(key, incident, in_turn)
            for key, entries in recorded.items()
            for incident in dict.fromkeys(one.incident for one in entries)
        }
        yield from invariants.archived_is_logged(recorded, archived, leaves)
        yield from (f"people are told of tampering: {one.subject}" for one in self.home.told.notices)

    def _work(self, key: ChainKey, entries: Sequence[Entry]) -> None:
        answer = self._archiving.work({"Records": [record_of(key, one) for one in entries]})
        assert answer == {"batchItemFailures": []}

    def _die(self, key: ChainKey, entries: Sequence[Entry]) -> None:
        """Let the function die before one of its calls."""
        left = self._batches // DIES % CALLS

        def gate(_: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise DiedError

        self.home.calls.gate = gate
        try:
            self._work(key, entries)
        except DiedError:
            pass
        finally:
            self.home.calls.gate = lambda _: None
