"""The function that archives: new entries are kept, anything else sounds the alarm."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

import archive as function
from ringfence.aws.archive import FORGED_MARK, S3Archive
from ringfence.aws.audit_items import archive_prefix
from ringfence.aws.log_sequence import LogSequence
from ringfence.handlers.archive import Archiving
from ringfence.model.errors import Retryable
from ringfence.record.chain import ChainKey, digest
from ringfence.record.history import History
from ringfence.record.integrity import Archived, verify
from ringfence.record.tlog import Leaf
from tests.support.fakes.audit_home import (
    ARCHIVE,
    AUDIT,
    CONTROL,
    REGION,
    Inbox,
    bucket,
    dynamo_log,
    in_turn,
    tables,
)
from tests.support.fakes.chains import INCIDENT, KEY, contained, lease
from tests.support.fakes.seals import OTHER as OTHER_SEALS
from tests.support.fakes.seals import SEALS, FixedSeals
from tests.support.fakes.stream import inserted, record, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.handlers.stream import Answer, Record
    from ringfence.record.chain import Entry

DONE: Answer = {"batchItemFailures": []}
ENTRIES = tuple(enumerate(contained()))
FIRST = contained()[0]


@dataclass(frozen=True)
class Room:
    archive: S3Archive
    sequence: LogSequence
    inbox: Inbox
    seals: FixedSeals | None = None

    def work(self, *records: Record) -> Answer:
        made = Archiving(self.archive, self.sequence, self.inbox.topic, self.seals)
        return made.work({"Records": list(records)})

    def logged(self) -> list[str]:
        """Return the leaves that wait, in order."""
        found: list[str] = []
        while len(found) < self.sequence.size():
            found += self.sequence.waiting(len(found)) or ()
        return found

    def kept(self) -> tuple[Archived, ...]:
        return self.archive.first_versions(KEY, INCIDENT, in_turn)


@pytest.fixture
def room() -> Iterator[Room]:
    with mock_aws():
        yield Room(S3Archive(bucket(), ARCHIVE), LogSequence(tables(), CONTROL), Inbox())


def alarms(output: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_new_entries_are_archived_so_that_the_chain_verifies(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    assert room.work(*inserted(contained())["Records"]) == DONE
    verdict = verify(KEY, INCIDENT, contained(), room.kept())
    assert (verdict.sound, verdict.archived, verdict.pending) == (True, 6, ())
    assert room.inbox.read() == []
    assert alarms(capsys.readouterr().out) == []
    assert room.logged() == [Leaf.of(KEY.text, f"{INCIDENT}#00000{n}", one).text for n, one in ENTRIES]


@pytest.mark.parametrize("cut", range(7))
def test_a_batch_that_is_delivered_again_in_any_parts_changes_nothing(room: Room, cut: int) -> None:
    records = inserted(contained())["Records"]
    for part in (records, records[:cut], records[cut:], records):
        assert room.work(*part) == DONE
    assert all(one.versions == 1 for one in room.kept())
    assert len(room.kept()) == len(room.logged()) == 6
    assert room.inbox.read() == []


def test_entries_of_several_responses_are_kept_apart_and_logged_together(room: Room) -> None:
    other = ChainKey("another", "instance/1")
    mixed = [record_of(key, one) for one in contained() for key in (KEY, other)]
    assert room.work(*mixed) == DONE
    assert len(room.archive.first_versions(other, INCIDENT, in_turn)) == len(room.kept()) == 6
    assert len(room.logged()) == 12
    assert room.sequence.waiting(12) is None


def test_entries_that_were_archived_one_by_one_are_continued(room: Room) -> None:
    for one in contained()[:4]:
        room.archive.client.put_object(
            Bucket=ARCHIVE,
            Key=f"{archive_prefix(KEY.text, INCIDENT)}{one.seq:06d}.json",
            Body=one.body.encode(),
            Metadata={"hash": one.hash},
        )
    assert room.work(*inserted(contained()[4:])["Records"]) == DONE
    assert verify(KEY, INCIDENT, contained(), room.kept()).archived == 6
    assert room.inbox.read() == []
    assert len(room.logged()) == 2


def test_an_entry_before_which_others_were_not_archived_is_archived_and_sounds_the_alarm(room: Room) -> None:
    assert room.work(*inserted(contained()[:2])["Records"]) == DONE
    assert room.work(*inserted(contained()[4:])["Records"]) == DONE
    ((subject, _),) = room.inbox.read()
    assert subject.startswith("[URGENT] TAMPERING: entries 2 to 3 were not archived before a later entry: i-")
    assert [one.seq for one in room.kept()] == [0, 1, 4, 5]
    assert len(room.logged()) == 4


def test_an_entry_that_somebody_archived_first_sounds_the_alarm_and_is_logged_as_it_was_written(
    room: Room,
) -> None:
    room.archive.keep(KEY.text, [replace(FIRST, body="{}", hash=digest("{}"))])
    assert room.work(record(FIRST)) == DONE
    ((subject, _),) = room.inbox.read()
    assert subject.startswith("[URGENT] TAMPERING: the archive has another version of a new entry: i-")
    assert room.logged() == [Leaf.of(KEY.text, f"{INCIDENT}#000000", FIRST).text]


@pytest.mark.parametrize("kind", ["MODIFY", "REMOVE"])
def test_a_change_of_what_was_written_sounds_the_alarm_and_is_done(
    room: Room, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    room.work(record(FIRST))
    assert room.work(record(replace(FIRST, body="{}"), kind)) == DONE
    ((subject, text),) = room.inbox.read()
    assert subject.startswith(f"[URGENT] TAMPERING: an entry was changed after it was written ({kind}): i-")
    assert f"- chain {KEY.text}, entry {INCIDENT}#000000" in text
    (alarm,) = alarms(capsys.readouterr().out)
    assert (alarm["Tamper"], alarm["service"]) == ([1.0], "ringfence")
    assert room.kept() == (Archived(0, FIRST.body, FIRST.hash),)


def test_an_entry_written_again_after_it_was_removed_sounds_the_alarm(room: Room) -> None:
    forged = replace(FIRST, body="{}", hash=digest("{}"))
    assert room.work(record(FIRST), record(FIRST, "REMOVE"), record(forged)) == DONE
    found = [subject.rpartition(": ")[0] for subject, _ in room.inbox.read()]
    assert found == [
        "[URGENT] TAMPERING: an entry was changed after it was written (REMOVE)",
        "[URGENT] TAMPERING: the archive has another version of a new entry",
    ]


def test_a_hash_that_does_not_fit_is_archived_as_it_is_and_sounds_the_alarm(room: Room) -> None:
    forged = replace(FIRST, hash=digest("another"))
    assert room.work(record(forged)) == DONE
    assert room.kept() == (Archived(0, forged.body, forged.hash),)
    assert "with a hash that does not match its body" in room.inbox.read()[0][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"N": "1"}},
        {"hash": {"S": "not a hash\r\nx-amz-acl: public-read"}},
        {"entry": {"S": "no entry"}},
        {"chain": {"S": "../../elsewhere\n"}},
        {"chain": {"S": "x#" + "y" * 2000}},
    ],
)
def test_what_is_no_entry_is_not_archived_and_does_not_hold_up_what_follows(
    room: Room, changes: dict[str, object]
) -> None:
    assert room.work(record(FIRST, changes=changes), record(FIRST)) == DONE
    ((subject, text),) = room.inbox.read()
    assert subject.startswith("[URGENT] TAMPERING: an item was written that is not a valid entry")
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert text.splitlines()[-1].startswith("- To verify the record: ringfence audit verify ")
    assert len(text) < 2000
    assert [one.seq for one in room.kept()] == [0]


def test_the_stream_begins_again_at_the_first_that_failed(room: Room) -> None:
    """Nothing behind it is done before it: the archive fills in order."""
    records = inserted(contained())["Records"]
    nowhere = Archiving(S3Archive(room.archive.client, "nowhere"), room.sequence, room.inbox.topic)
    answer = nowhere.work({"Records": records[2:]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[2]["dynamodb"]["SequenceNumber"]}]}
    assert room.logged() == []


def test_an_entry_that_cannot_be_handled_holds_up_only_what_follows_in_the_log(room: Room) -> None:
    """Another chain's position is unreadable; the entries before it in the batch are done."""
    other = ChainKey("another", "instance/1")
    item = {"key": {"S": f"log#chain#{other.text}"}, "last": {"S": "x"}}
    room.sequence.client.put_item(TableName=CONTROL, Item=item)
    records = [*inserted(contained()[:3])["Records"], record_of(other, FIRST), record(contained()[3])]
    failed = records[3]["dynamodb"]["SequenceNumber"]
    assert room.work(*records) == {"batchItemFailures": [{"itemIdentifier": failed}]}
    assert [one.seq for one in room.kept()] == [0, 1, 2, 3]
    assert len(room.logged()) == 3


def test_the_function_is_put_together_from_its_environment(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    dynamo_log(room.sequence.client).append(KEY, History(), contained(), lease())
    monkeypatch.setenv("RINGFENCE_AUDIT_TABLE", AUDIT)
    monkeypatch.setenv("RINGFENCE_STREAM_ARN", "arn:aws:dynamodb:eu-west-1:123456789012:table/audit/stream/1")
    monkeypatch.setenv("RINGFENCE_ARCHIVE_BUCKET", ARCHIVE)
    monkeypatch.setenv("RINGFENCE_CONTROL_TABLE", CONTROL)
    monkeypatch.setenv("RINGFENCE_TOPIC_ARN", room.inbox.topic.arn)
    assert function.handler(inserted(contained()), None) == DONE
    assert len(room.kept()) == 6


# Who wrote an entry


def sealed(*numbers: int) -> tuple[Entry, ...]:
    """Return the chain. Somebody without the key wrote these entries."""
    made = zip(SEALS.sealed(KEY, contained()), OTHER_SEALS.sealed(KEY, contained()), strict=True)
    return tuple(forged if own.seq in numbers else own for own, forged in made)


def marks(room: Room) -> dict[str, str]:
    """Return the mark of each object that has one."""
    s3 = room.archive.client
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=ARCHIVE).get("Contents", ())]
    found = {name: s3.head_object(Bucket=ARCHIVE, Key=name)["Metadata"] for name in names}
    return {name: one[FORGED_MARK] for name, one in found.items() if FORGED_MARK in one}


def test_entries_that_a_function_sealed_are_archived_without_a_mark(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = replace(room, seals=FixedSeals())
    assert checked.work(*inserted(sealed())["Records"]) == DONE
    assert marks(room) == {}
    assert room.inbox.read() == []
    assert alarms(capsys.readouterr().out) == []


@pytest.mark.parametrize("cut", [0, 3, 4])
def test_an_entry_with_a_wrong_mac_is_archived_with_a_mark_logged_and_told_and_stops_nothing(
    room: Room, cut: int
) -> None:
    checked = replace(room, seals=FixedSeals())
    records = inserted(sealed(2, 3))["Records"]
    for part in (records[:cut], records[cut:]):
        assert checked.work(*part) == DONE
    assert len(room.kept()) == len(room.logged()) == len(contained())
    assert ", ".join(marks(room).values()) in {"2-3", "2, 3"}
    told = room.inbox.read()
    assert len(told) == 2
    assert all("its MAC is wrong" in json.dumps(one) for one in told)


def test_entries_that_were_archived_elsewhere_are_checked_as_well(room: Room) -> None:
    checked = replace(room, seals=FixedSeals())
    records = inserted(sealed(4))["Records"]
    assert checked.work(*records[:2]) == checked.work(*records[3:]) == DONE
    assert "4" in "".join(marks(room).values())


class FailsOnce:
    """Calls a function. The first call fails after nothing, or after everything, was done."""

    def __init__(self, call: Callable[..., None], *, done: bool) -> None:
        self._call, self._left, self._done = call, 1, done

    def __call__(self, *args: object) -> None:
        self._left -= 1
        if self._left < 0 or self._done:
            self._call(*args)
        if self._left >= 0:
            raise Retryable("the service is down")


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("start", [0, 3])
def test_a_wrong_mac_is_told_although_the_first_attempt_failed_after_the_archive(
    room: Room, start: int, *, done: bool
) -> None:
    sequence = LogSequence(room.sequence.client, CONTROL)
    object.__setattr__(sequence, "append", FailsOnce(sequence.append, done=done))
    checked = replace(room, seals=FixedSeals(), sequence=sequence)
    assert checked.work(*inserted(sealed(4, 5))["Records"][start:]) == DONE
    told = [one for one in room.inbox.read() if "its MAC is wrong" in json.dumps(one)]
    assert len(told) == 2


def test_a_wrong_mac_is_told_although_the_topic_failed(room: Room) -> None:
    topic = room.inbox.topic
    failing = FailsOnce(topic.publish, done=False)
    inbox = SimpleNamespace(topic=SimpleNamespace(publish=failing))
    checked = replace(room, seals=FixedSeals(), inbox=cast("Inbox", inbox))
    assert checked.work(*inserted(sealed(2, 3))["Records"]) == DONE
    told = room.inbox.read()
    assert len(told) == 2
    assert all("its MAC is wrong" in json.dumps(one) for one in told)


def test_entries_without_a_mac_are_counted_and_a_missing_key_keeps_nothing_from_the_archive(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replace(room, seals=FixedSeals()).work(*inserted(contained())["Records"]) == DONE
    (metric,) = alarms(capsys.readouterr().out)
    assert metric["Unsealed"] == [float(len(contained()))]
    down = FixedSeals()
    down.down = True
    other = ChainKey("another", "instance/1")
    assert replace(room, seals=down).work(*(record_of(other, one) for one in sealed(1))) == DONE
    assert marks(room) == {}
