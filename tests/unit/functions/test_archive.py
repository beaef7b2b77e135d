"""The function that archives: new entries are kept, anything else sounds the alarm."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

import archive as function
from ringfence.aws.archive import S3Archive
from ringfence.handlers.archive import Archiving
from ringfence.handlers.stream import each
from ringfence.record.chain import digest
from ringfence.record.integrity import Archived, verify
from tests.support.fakes.audit_home import ARCHIVE, REGION, Inbox, bucket, in_turn
from tests.support.fakes.chains import INCIDENT, KEY, contained
from tests.support.fakes.stream import inserted, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.handlers.stream import Answer, Record

DONE: Answer = {"batchItemFailures": []}
FIRST = contained()[0]


@dataclass(frozen=True)
class Room:
    archive: S3Archive
    inbox: Inbox

    def work(self, *records: Record) -> Answer:
        return each({"Records": list(records)}, Archiving(self.archive, self.inbox.topic).act)

    def kept(self) -> tuple[Archived, ...]:
        return self.archive.first_versions(KEY, INCIDENT, in_turn)


@pytest.fixture
def room() -> Iterator[Room]:
    with mock_aws():
        yield Room(S3Archive(bucket(), ARCHIVE), Inbox())


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


def test_a_batch_that_is_delivered_again_changes_nothing(room: Room) -> None:
    for _ in range(2):
        assert room.work(*inserted(contained())["Records"]) == DONE
    assert all(one.versions == 1 for one in room.kept())
    assert room.inbox.read() == []


@pytest.mark.parametrize("kind", ["MODIFY", "REMOVE"])
def test_a_change_of_what_was_written_sounds_the_alarm_and_is_done(
    room: Room, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    room.work(record(FIRST))
    assert room.work(record(replace(FIRST, body="{}"), kind)) == DONE
    ((subject, text),) = room.inbox.read()
    assert subject == f"Ringfence: TAMPERING: an entry was changed after it was written ({kind})"
    assert f"Chain {KEY.text}, entry {INCIDENT}#000000" in text
    (alarm,) = alarms(capsys.readouterr().out)
    assert (alarm["Tamper"], alarm["service"]) == ([1.0], "ringfence")
    assert room.kept() == (Archived(0, FIRST.body, FIRST.hash),)


def test_an_entry_written_again_after_it_was_removed_sounds_the_alarm(room: Room) -> None:
    forged = replace(FIRST, body="{}", hash=digest("{}"))
    assert room.work(record(FIRST), record(FIRST, "REMOVE"), record(forged)) == DONE
    subjects = [subject for subject, _ in room.inbox.read()]
    assert subjects == [
        "Ringfence: TAMPERING: an entry was changed after it was written (REMOVE)",
        "Ringfence: TAMPERING: the archive has another version of a new entry",
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
    assert room.work(record(FIRST, changes=changes), record(contained()[1])) == DONE
    ((subject, text),) = room.inbox.read()
    assert subject == "Ringfence: TAMPERING: an item was written that is not a valid entry"
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert len(text.splitlines()) == 3
    assert [one.seq for one in room.kept()] == [1]


def test_the_stream_begins_again_at_the_first_that_failed(room: Room) -> None:
    """Nothing behind it is done before it: the archive fills in order."""
    records = inserted(contained())["Records"]
    nowhere = Archiving(S3Archive(room.archive.client, "nowhere"), room.inbox.topic)
    answer = each({"Records": records[2:]}, nowhere.act)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[2]["dynamodb"]["SequenceNumber"]}]}


def test_the_function_is_put_together_from_its_environment(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("RINGFENCE_ARCHIVE_BUCKET", ARCHIVE)
    monkeypatch.setenv("RINGFENCE_TOPIC_ARN", room.inbox.topic.arn)
    assert function.handler(inserted(contained()), None) == DONE
    assert len(room.kept()) == 6
