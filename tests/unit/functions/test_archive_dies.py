"""The functions that archive and publish die before and after each write: nothing is lost or forked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import RingfenceError
from ringfence.record.chain import ChainKey, link
from ringfence.record.merkle import leaf_hash, root_of
from ringfence.record.tlog import Leaf, read_checkpoint
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.chains import KEY, LATER, contained, notes, opened, stamp
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.log_reading import leaves_of
from tests.support.fakes.stream import record_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.handlers.stream import Record

OTHER = ChainKey("another", "instance/1")
ENTRIES = (*((KEY, one) for one in contained()), *((OTHER, one) for one in opened(LATER)))


class Died(BaseException):
    """The process is gone: no handler of errors runs."""


class Dies:
    """Dies at one call, and at none that follow."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, operation: str) -> None:
        del operation
        self.left -= 1
        if self.left == 0:
            raise Died


def records() -> list[Record]:
    first, rest = ENTRIES[:3], ENTRIES[3:]
    return [record_of(key, one) for key, one in (*first, *rest)]


def surely(act: Callable[[], object]) -> bool:
    """Do something, and say whether it ended."""
    try:
        act()
    except (Died, RingfenceError):
        return False
    return True


def deliver(home: LogHome, given: list[Record]) -> None:
    """Deliver until all is done: after a death in two halves, as Lambda does."""
    if len(given) > 1 and not surely(lambda: home.deliver(given)):
        half = len(given) // 2
        deliver(home, given[:half])
        deliver(home, given[half:])
    elif len(given) == 1:
        while not surely(lambda: home.deliver(given)):
            pass


def night(dies: Dies) -> LogHome:
    """Two batches with publications between and after them."""
    home = LogHome()
    home.calls.gate = dies
    given = records()
    for part in (given[:5], given[5:], []):
        if part:
            deliver(home, part)
        while not surely(home.publish):
            home.clock.wait(minutes=1)
        home.clock.wait(minutes=10)
    while not surely(home.publish):
        pass
    return home


def points() -> int:
    counted = Dies(0)
    night(counted)
    return -counted.left


POINTS = points()


def test_there_are_many_points() -> None:
    assert POINTS > 30


@pytest.mark.parametrize("at", range(1, POINTS + 1))
def test_nothing_is_lost_or_forked(at: int) -> None:
    home = night(Dies(at))
    assert home.told.notices == []
    for key, incident, count in ((KEY, contained()[0].incident, 6), (OTHER, LATER, 2)):
        found = home.archive.first_versions(key, incident, in_turn)
        assert [one.seq for one in found] == list(range(count))
        assert all(one.versions == 1 for one in found)
    leaves = Counter(leaves_of(home))
    wanted = Counter(Leaf.of(key.text, f"{one.incident}#{one.seq:06d}", one).text for key, one in ENTRIES)
    assert leaves == wanted, "an entry is missing from the log, or is in it twice"
    hashes = [leaf_hash(one.encode()) for one in leaves_of(home)]
    for version in home.files.checkpoints():
        one = read_checkpoint(home.files.checkpoint(version), home.signer.key, home.signer.verify)
        assert one.root == root_of(hashes[: one.size])


def test_ten_thousand_entries_are_published_in_one_run() -> None:
    home = LogHome()
    entries = link(stamp(), None, notes(10_000))
    for at in range(0, len(entries), 100):
        home.write(KEY, *entries[at : at + 100])
    made = home.publish()
    assert made is not None
    assert made.size == len(leaves_of(home)) == 10_000
