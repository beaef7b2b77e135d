"""An incident is found although somebody removed it from the index, and the alteration is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.archive import S3Archive
from ringfence.aws.audit_items import CHAIN, ENTRY, MONTH, sort_key
from ringfence.aws.incidents import IncidentReader
from ringfence.handlers.incident_search import IncidentSearch
from ringfence.model.incident import incident_id
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import ChainKey
from ringfence.record.pauses import PAUSE
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, bucket, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, LATER, NOON, REF, lease, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

OTHER = ChainKey("another", KEY.subject)
PAUSES = ChainKey(PAUSE, AccountRef(REF.account, GLOBAL, REF.account).key)


@dataclass
class Room:
    """The tables and the archive, with incidents in both."""

    client: DynamoDBClient
    s3: S3Client

    def write(self, key: ChainKey, incident: str, *, archived: bool = True) -> None:
        log = dynamo_log(self.client)
        entries = opened(incident)
        log.append(key, log.read(key), entries, lease(incident=incident))
        if archived:
            S3Archive(self.s3, ARCHIVE).keep(key.text, entries)

    def remove(self, key: ChainKey, incident: str) -> None:
        self._update(key, incident, UpdateExpression="REMOVE #month")

    def move(self, key: ChainKey, incident: str, month: str) -> None:
        self._update(
            key,
            incident,
            UpdateExpression="SET #month = :month",
            ExpressionAttributeValues={":month": {"S": month}},
        )

    def delete(self, key: ChainKey, incident: str) -> None:
        self.client.delete_item(TableName=AUDIT, Key=self._key(key, incident))

    def _update(self, key: ChainKey, incident: str, **change: object) -> None:
        self.client.update_item(
            TableName=AUDIT,
            Key=self._key(key, incident),
            ExpressionAttributeNames={"#month": MONTH},
            **change,  # type: ignore[arg-type]  # the two forms of the call
        )

    @staticmethod
    def _key(key: ChainKey, incident: str) -> dict[str, dict[str, str]]:
        return {CHAIN: {"S": key.text}, ENTRY: {"S": sort_key(incident, 0)}}

    def search(self, archive: str = ARCHIVE) -> IncidentSearch:
        return IncidentSearch(IncidentReader(self.client, AUDIT), lambda: S3Archive(self.s3, archive))


@pytest.fixture
def room() -> Iterator[Room]:
    with mock_aws():
        made = Room(tables(), bucket())
        made.write(KEY, INCIDENT)
        made.write(OTHER, INCIDENT)
        made.write(KEY, LATER)
        yield made


def test_what_the_index_lists_is_as_it_was_written(room: Room) -> None:
    keys = room.search().keys(INCIDENT)
    assert sorted(one.text for one in keys) == sorted([KEY.text, OTHER.text])
    assert room.search().altered(keys, INCIDENT) == ()


def test_a_response_that_is_not_archived_yet_is_found(room: Room) -> None:
    new = incident_id(NOON, "a new one")
    room.write(KEY, new, archived=False)
    assert room.search().keys(new) == (KEY,)


@pytest.mark.parametrize("month", ["", "2024-01"])
def test_a_response_that_somebody_removed_from_the_index_is_found_and_named(room: Room, month: str) -> None:
    """It is one of two: the index still lists the other one, so that nobody would miss it."""
    if month:
        room.move(OTHER, INCIDENT, month)
    else:
        room.remove(OTHER, INCIDENT)
    assert [one.key for one in room.search().reader.responses(INCIDENT)] == [KEY]
    keys = room.search().keys(INCIDENT)
    assert set(keys) == {KEY, OTHER}
    (altered,) = room.search().altered(keys, INCIDENT)
    assert altered == (
        f"the table has another month for {OTHER.text}, {INCIDENT}#000000 than Ringfence wrote, so lists do "
        "not show the incident as they should"
    )


def test_an_incident_of_which_the_index_lists_nothing_is_found(room: Room) -> None:
    room.remove(KEY, INCIDENT)
    room.remove(OTHER, INCIDENT)
    keys = room.search().keys(INCIDENT)
    assert set(keys) == {KEY, OTHER}
    assert len(room.search().altered(keys, INCIDENT)) == 2
    assert room.search().keys(LATER) == (KEY,)


def test_a_response_whose_first_entry_somebody_deleted_is_found_and_named(room: Room) -> None:
    room.delete(OTHER, INCIDENT)
    keys = room.search().keys(INCIDENT)
    assert set(keys) == {KEY, OTHER}
    (altered,) = room.search().altered(keys, INCIDENT)
    assert altered == f"the table lacks {OTHER.text}, {INCIDENT}#000000, the first entry of the response"


def test_a_marker_in_the_archive_hides_nothing(room: Room) -> None:
    room.remove(OTHER, INCIDENT)
    for one in room.s3.list_objects_v2(Bucket=ARCHIVE)["Contents"]:
        room.s3.delete_object(Bucket=ARCHIVE, Key=one["Key"])
    assert set(room.search().keys(INCIDENT)) == {KEY, OTHER}


def test_a_record_of_the_deployment_is_no_response_and_is_found_where_there_is_none(room: Room) -> None:
    own = incident_id(NOON, "a pause")
    for incident in (LATER, own):
        room.write(PAUSES, incident)
    assert room.search().keys(own) == ()
    assert room.search().chains(own, REF.account) == (PAUSES,)
    assert room.search().keys(LATER) == room.search().chains(LATER, REF.account) == (KEY,)


def test_an_archive_that_fails_keeps_nothing_back(room: Room) -> None:
    assert set(room.search("nowhere").keys(INCIDENT)) == {KEY, OTHER}
    assert room.search("nowhere").keys(incident_id(NOON, "nothing")) == ()


def test_one_incident_costs_one_request_to_the_archive_however_many_others_there_are(room: Room) -> None:
    asked: list[str] = []
    events = room.s3.meta.events
    events.register("before-call.s3.ListObjectVersions", lambda **_: asked.append("list"), unique_id="count")
    try:
        room.search().keys(INCIDENT)
    finally:
        events.unregister("before-call.s3.ListObjectVersions", unique_id="count")
    assert asked == ["list"]
