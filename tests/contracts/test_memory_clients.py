"""The clients in memory answer as moto does, for the calls that archive and log make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from moto import mock_aws

from ringfence.aws.archive import S3Archive
from ringfence.aws.audit_items import to_item, wrong_attributes
from ringfence.aws.incidents import IncidentReader, Response
from ringfence.aws.log_files import LogFiles
from ringfence.aws.log_sequence import LogSequence, Position
from ringfence.aws.versions import stored_in
from ringfence.model.errors import Retryable
from ringfence.record.chain import digest
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, CONTROL, bucket, dynamo_log, in_turn, tables
from tests.support.fakes.chains import INCIDENT, KEY, contained, lease, opened
from tests.support.fakes.memory_clients import MemoryDynamo, MemoryS3
from tests.support.fakes.seals import without_macs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.record.chain import Entry


@dataclass(frozen=True)
class Clients:
    s3: Any
    dynamodb: Any
    moto: bool


@pytest.fixture(params=["moto", "memory"])
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    if request.param == "memory":
        yield Clients(MemoryS3(), MemoryDynamo(), moto=False)
        return
    with mock_aws():
        yield Clients(bucket(), tables(), moto=True)


def altered(entry: Entry) -> Entry:
    return type(entry)(entry.incident, entry.seq, "{}", digest("{}"))


def test_an_archive_is_written_once_and_read_by_first_version(clients: Clients) -> None:
    archive = S3Archive(clients.s3, ARCHIVE)
    assert archive.keep(KEY.text, contained()[:2]) == frozenset()
    assert archive.keep(KEY.text, contained()) == frozenset()
    assert archive.keep(KEY.text, [altered(contained()[0])]) == {0}
    (first, _) = (one.name for one in stored_in(clients.s3, ARCHIVE, "chains/"))
    clients.s3.put_object(Bucket=ARCHIVE, Key=first, Body=b"another")
    clients.s3.delete_object(Bucket=ARCHIVE, Key=first)
    found = archive.first_versions(KEY, INCIDENT, in_turn)
    assert [(one.body, one.versions, len(one.markers)) for one in found] == [
        (entry.body, 2 if entry.seq < 2 else 1, 1 if entry.seq < 2 else 0) for entry in contained()
    ]
    assert archive.chains(INCIDENT) == (KEY,)
    assert set(archive.responses("inc-2", "inc-3")) == {(KEY, INCIDENT)}


def test_keys_are_listed_in_order_after_one_of_them(clients: Clients) -> None:
    for name in ("b/2", "a/1", "b/1", "b/3"):
        clients.s3.put_object(Bucket=ARCHIVE, Key=name, Body=b"")
    assert [one.name for one in stored_in(clients.s3, ARCHIVE, "b/", "b/1")] == ["b/2", "b/3"]


def test_files_of_the_log_are_written_once_and_checkpoints_are_versions(clients: Clients) -> None:
    files = LogFiles(clients.s3, ARCHIVE)
    assert files.put("tile/0/000.p/1", b"x")
    assert files.put("tile/0/000.p/1", b"x")
    assert not files.put("tile/0/000.p/1", b"y")
    assert list(files.versions("tile/0/000.p/1")) == [b"x", b"y"]
    assert list(files.versions("tile/0/000")) == []
    for note in ("one", "two"):
        files.put_checkpoint(note)
    assert [files.checkpoint(one) for one in files.checkpoints()] == ["two", "one"]
    assert [one.name for one in files.files()] == ["checkpoint", "tile/0/000.p/1"]


def test_leaves_have_an_order_and_positions_move_with_them(clients: Clients) -> None:
    sequence = LogSequence(clients.dynamodb, CONTROL)
    moved = (Position(), Position(INCIDENT, 1))
    sequence.append(["a", "b"], {KEY.text: moved})
    with pytest.raises(Retryable, match="another execution"):
        sequence.append(["c"], {KEY.text: moved})
    sequence.append(["c"], {KEY.text: (moved[1], Position(INCIDENT, 2))}, imported=("", "k"))
    assert (sequence.size(), sequence.imported()) == (3, "k")
    assert sequence.position(KEY.text) == Position(INCIDENT, 2)
    assert (sequence.waiting(0), sequence.waiting(1), sequence.waiting(2)) == (("a", "b"), None, ("c",))
    sequence.forget(2)
    assert (sequence.published(), sequence.waiting(0), sequence.waiting(2)) == (2, None, ("c",))
    with pytest.raises(Retryable, match="another execution"):
        sequence.set_size(2, 5)
    sequence.set_size(3, 5)
    assert sequence.size() == 5


def test_entries_are_read_and_every_item_is_found(clients: Clients) -> None:
    if clients.moto:
        log = dynamo_log(clients.dynamodb)
        log.append(KEY, log.read(KEY), opened(), lease())
    else:
        for one in opened():
            item = cast("Any", to_item(KEY, one))
            clients.dynamodb.audit[item["chain"]["S"], item["entry"]["S"]] = item
    reader = IncidentReader(clients.dynamodb, AUDIT)
    assert without_macs(reader.entries(Response(KEY, INCIDENT))) == opened()
    found = sorted(reader.every(), key=lambda one: str(one["entry"]["S"]))
    attributes = {"chain", "entry", "incident", "seq"}
    assert [set(one) - attributes for one in found] == [{"month"}, set()], "and no body"
    assert [one["entry"]["S"] for one in found] == [f"{INCIDENT}#00000{seq}" for seq in range(2)]
    assert [wrong_attributes(one) for one in found] == [(), ()]
