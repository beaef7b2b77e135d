"""Made-up records of the stream are neither archived nor told as news, and are reported."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from moto import mock_aws

from ringfence.aws.archive import S3Archive
from ringfence.aws.audit_items import CHAIN, ENTRY, to_item
from ringfence.aws.log_sequence import LogSequence
from ringfence.aws.stream_source import StreamSource, TableStream
from ringfence.handlers.archive import Archiving
from ringfence.handlers.stream import genuine
from ringfence.model.errors import Forged, Retryable
from ringfence.record.chain import digest
from ringfence.record.history import History
from ringfence.record.measures import FORGED, TAMPER
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, CONTROL, Inbox, bucket, dynamo_log, in_turn, tables
from tests.support.fakes.chains import INCIDENT, KEY, contained, lease
from tests.support.fakes.stream import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.handlers.stream import Event, Record
    from ringfence.record.chain import Entry

STREAM = "arn:aws:dynamodb:eu-west-1:111122223333:table/audit/stream/2026-03-01T12:00:00.000"


@dataclass
class Streams:
    """A stream with two shards, of which one contains these records."""

    records: list[Record] = field(default_factory=list)
    asked: int = 0

    def describe_stream(self, **asked: str) -> dict[str, Any]:
        assert asked["StreamArn"] == STREAM
        self.asked += 1
        if "ExclusiveStartShardId" not in asked:
            ended = {"StartingSequenceNumber": "1", "EndingSequenceNumber": "99"}
            shards = [{"ShardId": "shard-1", "SequenceNumberRange": ended}]
            return {"StreamDescription": {"Shards": shards, "LastEvaluatedShardId": "shard-1"}}
        numbers = {"StartingSequenceNumber": "100"}
        return {"StreamDescription": {"Shards": [{"ShardId": "shard-2", "SequenceNumberRange": numbers}]}}

    def get_shard_iterator(self, **asked: str) -> dict[str, str]:
        assert (asked["ShardId"], asked["ShardIteratorType"]) == ("shard-2", "AT_SEQUENCE_NUMBER")
        return {"ShardIterator": asked["SequenceNumber"]}

    def get_records(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - parameters of a call
        number = asked["ShardIterator"]
        return {"Records": [one for one in self.records if one["dynamodb"]["SequenceNumber"] == number]}


@dataclass(frozen=True)
class Room:
    client: DynamoDBClient
    streams: Streams
    archive: S3Archive
    inbox: Inbox

    def archives(self, *records: Record) -> object:
        source = StreamSource(self.client, AUDIT, TableStream(self.streams, STREAM))
        event = genuine({"Records": list(records)}, source)
        return Archiving(self.archive, LogSequence(self.client, CONTROL), self.inbox.topic).work(event)

    @property
    def kept(self) -> list[str]:
        return [one.body for one in self.archive.first_versions(KEY, INCIDENT, in_turn)]


@pytest.fixture
def room() -> Iterator[Room]:
    with mock_aws():
        client = tables()
        dynamo_log(client).append(KEY, History(), contained(), lease())
        yield Room(client, Streams(), S3Archive(bucket(), ARCHIVE), Inbox())


def numbered(entry: Entry, number: str) -> Record:
    made = record(entry)
    return cast("Record", {**made, "dynamodb": {**made["dynamodb"], "SequenceNumber": number}})


def made_up() -> Entry:
    """Return an entry after the last one, with a valid hash."""
    last = contained()[-1]
    body = last.body.replace("contained", "released")
    return replace(last, seq=last.seq + 1, body=body, hash=digest(body))


def test_what_the_table_contains_is_archived_without_a_look_at_the_stream(room: Room) -> None:
    room.archives(*(record(one) for one in contained()))
    assert sorted(room.kept) == sorted(one.body for one in contained())
    assert not room.streams.asked


@pytest.mark.parametrize("number", ["", "x", "5", "100", "101", "-1", "\u0661\u0660\u0660"])
def test_a_made_up_entry_is_not_archived_and_is_reported(
    room: Room, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    """Otherwise the archive would contain it for years, and refuse the true entry with its number."""
    room.streams.records = [numbered(contained()[0], "101")]
    if number == "5":
        room.streams.get_shard_iterator = lambda **_: {"ShardIterator": "5"}  # type: ignore[method-assign]
    first, forged = contained()[0], made_up()
    room.archives(numbered(forged, number), record(first))
    assert room.kept == [first.body]
    assert f'"{FORGED}":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_an_entry_that_somebody_changed_before_it_was_archived_is_still_archived_as_it_was_written(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    first = contained()[0]
    room.client.put_item(TableName=AUDIT, Item=to_item(KEY, replace(first, body="{}")))
    room.streams.records = [numbered(first, "101")]
    room.archives(numbered(first, "101"))
    assert room.kept == [first.body]
    assert FORGED not in capsys.readouterr().out


def test_an_entry_that_somebody_deleted_before_it_was_archived_is_archived_too(room: Room) -> None:
    first = contained()[0]
    item = to_item(KEY, first)
    room.client.delete_item(TableName=AUDIT, Key={CHAIN: item[CHAIN], ENTRY: item[ENTRY]})
    room.streams.records = [numbered(first, "101")]
    room.archives(numbered(first, "101"))
    assert room.kept == [first.body]


def test_a_change_of_an_entry_is_told_whatever_the_table_contains(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.archives(record(contained()[0], "MODIFY"))
    assert TAMPER in capsys.readouterr().out
    assert not room.streams.asked


def test_while_the_table_does_not_answer_the_batch_returns(room: Room) -> None:
    source = StreamSource(room.client, "another", TableStream(room.streams, STREAM))
    with pytest.raises(Retryable):
        genuine({"Records": [record(contained()[0])]}, source)


@pytest.mark.parametrize("event", [{}, {"Records": [{}]}, {"Records": ["x"]}, {"Records": 1}, []])
def test_an_event_that_no_stream_delivers_fails_the_function_and_is_reported(
    room: Room, capsys: pytest.CaptureFixture[str], event: object
) -> None:
    source = StreamSource(room.client, AUDIT, TableStream(room.streams, STREAM))
    with pytest.raises(Forged):
        genuine(cast("Event", event), source)
    assert FORGED in capsys.readouterr().out
