"""What the archive and the transparency log of a full containment cost: S3 puts are most of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.record.chain import ChainKey
from ringfence.record.integrity import verify
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.memory_log import MemoryLog
from tests.support.nights import Night
from tests.support.strategies.contain_instance import everything_to_do
from tests.support.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ringfence.record.chain import Entry, Lease, Slot
    from ringfence.record.history import History
    from tests.support.worlds import Ticking

MOST_PUTS = 15


class Noting(MemoryLog):
    """Notes each transaction, and when it was written."""

    def __init__(self, clock: Ticking) -> None:
        super().__init__()
        self.clock = clock
        self.written: list[tuple[datetime, tuple[Entry, ...]]] = []

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        super().append(key, history, entries, lease, slots)
        if entries:
            self.written.append((self.clock(), tuple(entries)))


def contained() -> tuple[ChainKey, list[tuple[datetime, tuple[Entry, ...]]]]:
    """Contain an instance with everything there is to do, and note what was written when."""
    trial = Trial(CONTAIN_INSTANCE.chosen(()), everything_to_do())
    trial.log = log = Noting(trial.clock)
    night = Night(trial)
    night.send()
    night.after(hours=2)
    return ChainKey(trial.runbook.id, trial.ref.key), log.written


def test_a_full_containment_takes_at_most_15_puts_also_if_each_transaction_is_a_batch() -> None:
    """Each stream batch contains one transaction: the worst case. Before, each entry was a put."""
    key, written = contained()
    home, start = LogHome(), written[0][0]
    published = start
    for at, entries in written:
        while at - published >= timedelta(minutes=10):
            published += timedelta(minutes=10)
            home.clock.now = published
            home.publish()
        home.clock.now = at
        assert home.write(key, *entries) == {"batchItemFailures": []}
    home.clock.now = published + timedelta(minutes=10)
    home.publish()
    entries = tuple(entry for _, some in written for entry in some)
    found = home.archive.first_versions(key, entries[0].incident, in_turn)
    verdict = verify(key, entries[0].incident, entries, found)
    assert (verdict.sound, verdict.archived, verdict.pending) == (True, len(entries), ())
    puts = home.calls.count("PutObject") - len(home.other_account.objects)
    assert len(entries) > 2 * MOST_PUTS
    assert puts <= MOST_PUTS, f"{puts} puts for {len(entries)} entries in {len(written)} transactions"
