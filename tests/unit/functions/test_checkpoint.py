"""The function that publishes the transparency log: its tiles, its checkpoints, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.audit_items import archive_prefix
from ringfence.aws.log_sequence import LogSequence
from ringfence.model.errors import Retryable
from ringfence.record.chain import ChainKey, link
from ringfence.record.control import EMPTIED, LOG_LEAVES
from ringfence.record.merkle import leaf_hash, root_of
from ringfence.record.tlog import Leaf, read_checkpoint, read_leaf
from tests.support.fakes.audit_home import ARCHIVE
from tests.support.fakes.chains import INCIDENT, KEY, LATER, contained, notes, opened, stamp
from tests.support.fakes.log_home import ORIGIN, LogHome
from tests.support.fakes.log_reading import leaves_of

if TYPE_CHECKING:
    from ringfence.record.chain import Entry
    from ringfence.record.tlog import Checkpoint

OTHER = ChainKey("another", "instance/1")


@pytest.fixture
def home() -> LogHome:
    return LogHome()


def newest(home: LogHome) -> Checkpoint:
    version = next(home.files.checkpoints())
    return read_checkpoint(home.files.checkpoint(version), home.signer.key, home.signer.verify)


def expected(key: ChainKey, entries: tuple[Entry, ...]) -> list[str]:
    return [Leaf.of(key.text, f"{one.incident}#{one.seq:06d}", one).text for one in entries]


def test_all_entries_are_leaves_in_the_order_of_the_stream(home: LogHome) -> None:
    entries = contained()
    home.write(KEY, *entries[:2])
    home.write(OTHER, *opened(LATER))
    home.write(KEY, *entries[2:])
    made = home.publish()
    wanted = [*expected(KEY, entries[:2]), *expected(OTHER, opened(LATER)), *expected(KEY, entries[2:])]
    assert made == newest(home)
    assert (made.origin, made.size) == (ORIGIN, 8)
    assert leaves_of(home) == wanted
    assert made.root == root_of([leaf_hash(one.encode()) for one in wanted])


def test_a_log_grows_and_each_checkpoint_stays(home: LogHome) -> None:
    entries = link(stamp(), None, notes(600))
    at, sizes = 0, []
    for part in (5, 250, 1, 1, 300, 43):
        home.write(KEY, *entries[at : at + part])
        at += part
        home.clock.wait(minutes=10)
        made = home.publish()
        assert made is not None
        sizes.append(made.size)
    assert sizes == [5, 255, 256, 257, 557, 600]
    assert leaves_of(home) == expected(KEY, entries)
    notes_ = [home.files.checkpoint(one) for one in home.files.checkpoints()]
    read = [read_checkpoint(one, home.signer.key, home.signer.verify) for one in notes_]
    hashes = [leaf_hash(one.encode()) for one in leaves_of(home)]
    assert [(one.size, one.root) for one in reversed(read)] == [(n, root_of(hashes[:n])) for n in sizes]
    assert home.told.notices == []


def test_an_empty_log_has_a_checkpoint_too(home: LogHome) -> None:
    made = home.publish()
    assert made is not None
    assert made.size == 0


def test_without_new_entries_there_is_a_checkpoint_every_hour(home: LogHome) -> None:
    home.write(KEY, *opened())
    times = []
    for _ in range(13):
        if made := home.publish():
            times.append(made.at.minute)
        home.clock.wait(minutes=10)
    assert times == [0, 50, 40]


def test_checkpoints_are_copied_to_another_account(home: LogHome) -> None:
    home.write(KEY, *opened())
    home.publish()
    ((key, note),) = home.copies.notes(ORIGIN)
    assert key == f"ringfence/{ORIGIN}/20261130T120000Z-2"
    assert read_checkpoint(note, home.signer.key, home.signer.verify) == newest(home)


def waiting(home: LogHome) -> list[str]:
    """Return the keys of the leaves that wait."""
    items = home.dynamo.control.items()
    return [key for key, item in items if key.startswith(LOG_LEAVES) and item["leaves"] != {"S": EMPTIED}]


def test_leaves_are_emptied_once_a_checkpoint_covers_them(home: LogHome) -> None:
    for number in range(3):
        home.write(KEY, *link(stamp(), None, notes(6))[number * 2 : number * 2 + 2])
        home.publish()
        home.clock.wait(minutes=10)
    assert waiting(home) == [f"log#leaves#{4:015d}"]
    home.publish()
    assert waiting(home) == []


def test_what_was_archived_before_there_was_a_log_is_in_it(home: LogHome) -> None:
    for one in contained():
        home.s3.put_object(
            Bucket=ARCHIVE,
            Key=f"{archive_prefix(KEY.text, one.incident)}{one.seq:06d}.json",
            Body=one.body.encode(),
            Metadata={"hash": one.hash},
        )
    home.write(OTHER, *opened())
    for _ in range(2):
        home.publish()
        home.clock.wait(hours=1)
    assert leaves_of(home) == [*expected(OTHER, opened()), *expected(KEY, contained())]


def test_a_large_archive_of_before_is_added_in_parts(home: LogHome) -> None:
    entries = link(stamp(), None, notes(600))
    for one in entries:
        name = f"{archive_prefix(KEY.text, one.incident)}{one.seq:06d}.json"
        home.s3.put_object(Bucket=ARCHIVE, Key=name, Body=one.body.encode(), Metadata={"hash": one.hash})
    made = home.publish()
    assert made is not None
    assert (made.size, leaves_of(home)) == (600, expected(KEY, entries))
    assert home.sequence.imported() == "~"


def test_an_older_checkpoint_that_somebody_puts_on_top_is_seen_through(home: LogHome) -> None:
    entries = link(stamp(), None, notes(6))
    old = ""
    for number in range(3):
        home.write(KEY, *entries[number * 2 : number * 2 + 2])
        home.publish()
        old = old or home.files.checkpoint(next(home.files.checkpoints()))
        home.clock.wait(minutes=10)
    home.publish()
    home.files.put_checkpoint(old)
    home.clock.wait(hours=1)
    made = home.publish()
    assert made is not None
    assert made.size == 6
    assert leaves_of(home) == expected(KEY, entries)


def test_a_checkpoint_of_a_stranger_is_reported_and_passed_over(home: LogHome) -> None:
    home.write(KEY, *opened())
    made = home.publish()
    assert made is not None
    stranger = LogHome()
    stranger.kms = type(stranger.kms)(seed=b"1" * 32)
    forged = replace(made, size=9)
    home.files.put_checkpoint(forged.signed(home.signer.key, stranger.kms.private.sign(forged.text.encode())))
    home.clock.wait(hours=1)
    again = home.publish()
    assert again is not None
    assert again.size == 2
    assert "is not the log's" in home.told.notices[0].text


def test_a_log_whose_checkpoints_were_removed_is_not_begun_anew(home: LogHome) -> None:
    home.write(KEY, *opened())
    home.publish()
    home.clock.wait(hours=1)
    home.publish()
    home.s3.objects.pop("log/checkpoint")
    with pytest.raises(Retryable, match="no checkpoint over 2 entries"):
        home.publish()
    assert "the archive has no checkpoint" in home.told.notices[0].text


def test_a_changed_tile_is_passed_over_for_its_first_version(home: LogHome) -> None:
    home.write(KEY, *opened())
    home.publish()
    for path in ("log/tile/0/000.p/2", "log/tile/entries/000.p/2"):
        home.s3.put_object(Bucket=ARCHIVE, Key=path, Body=bytes(64))
        home.s3.delete_object(Bucket=ARCHIVE, Key=path)
    home.write(KEY, *contained()[2:])
    made = home.publish()
    assert made is not None
    assert made.size == 6
    assert leaves_of(home) == expected(KEY, contained())


def test_a_tile_that_somebody_wrote_first_is_reported_and_written_again(home: LogHome) -> None:
    home.s3.put_object(Bucket=ARCHIVE, Key="log/tile/0/000.p/2", Body=bytes(64))
    home.write(KEY, *opened())
    home.publish()
    assert "another file was at tile/0/000.p/2" in home.told.notices[0].text
    home.write(KEY, *contained()[2:])
    made = home.publish()
    assert made is not None
    assert made.size == 6


@pytest.mark.parametrize("path", ["log/tile/0/000.p/2", "log/tile/entries/000.p/2"])
def test_nothing_is_signed_over_tiles_that_do_not_fit(home: LogHome, path: str) -> None:
    home.write(KEY, *opened())
    home.publish()
    home.s3.objects.pop(path)
    home.s3.put_object(Bucket=ARCHIVE, Key=path, Body=bytes(64))
    home.write(KEY, *contained()[2:])
    with pytest.raises(Retryable, match="the log cannot be continued"):
        home.publish()
    assert "the transparency log was changed in the archive" in home.told.notices[0].text


def test_leaves_that_were_removed_before_they_were_published_leave_a_mark(home: LogHome) -> None:
    home.write(KEY, *opened())
    home.write(KEY, *contained()[2:4])
    home.write(KEY, *contained()[4:])
    home.dynamo.control.pop(f"log#leaves#{2:015d}")
    made = home.publish()
    assert made is not None
    assert made.size == 6
    found = leaves_of(home)
    assert [read_leaf(one) is None for one in found] == [False, False, True, True, False, False]
    assert "2 entries were removed from the control table before they were in the log: numbers 2 to 3" in (
        home.told.notices[0].text
    )


def test_a_count_that_was_lowered_is_corrected(home: LogHome) -> None:
    home.write(KEY, *opened())
    home.publish()
    home.dynamo.control.pop("log#head")
    home.clock.wait(hours=1)
    home.publish()
    assert "the control table counts 0 entries of the log, which has 2" in home.told.notices[0].text
    home.write(KEY, *contained()[2:])
    made = home.publish()
    assert made is not None
    assert made.size == 6


def test_two_executions_write_the_same_log(home: LogHome) -> None:
    """The second one read the state before the first one published."""
    home.write(KEY, *opened())
    home.publish()
    home.write(KEY, *contained()[2:4])
    before = LogHome()
    before.s3.objects = {name: list(kept) for name, kept in home.s3.objects.items()}
    home.publish()
    home.write(KEY, *contained()[4:])
    home.publish()
    stale = list(before.s3.objects["log/checkpoint"])
    home.s3.objects["log/checkpoint"] += [stale[-1]]
    made = home.publish()
    assert made is None or made.size == 6
    assert leaves_of(home) == expected(KEY, contained())


def test_appending_at_the_same_time_leaves_no_number_out(home: LogHome) -> None:
    """Another execution appends between the read of the count and the write."""
    second = LogSequence(home.sequence.client, home.sequence.table)
    done = False

    def interrupt(operation: str) -> None:
        nonlocal done
        if operation == "TransactWriteItems" and not done:
            done = True
            second.append(["theirs"])

    home.calls.gate = interrupt
    home.sequence.append(["ours"])
    assert (home.sequence.waiting(0), home.sequence.waiting(1)) == (("theirs",), ("ours",))
    assert home.sequence.size() == 2


def test_an_item_that_is_no_number_is_named(home: LogHome) -> None:
    home.dynamo.control["log#head"] = {"key": {"S": "log#head"}, "size": {"N": "x"}}
    answer = home.write(KEY, *opened())
    assert answer["batchItemFailures"] == [{"itemIdentifier": f"{INCIDENT}-0"}]
