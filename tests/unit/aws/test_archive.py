"""The archive on moto: written once, read by first version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.archive import READ_PERMISSIONS, WRITE_PERMISSIONS, S3Archive
from ringfence.model.errors import Retryable
from ringfence.record.chain import ChainKey, digest
from ringfence.record.integrity import Archived
from tests.support.fakes.audit_home import ARCHIVE, bucket, in_turn
from tests.support.fakes.chains import INCIDENT, KEY, LATER, contained, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

ENTRY = contained()[0]
NAME = f"chains/contain-instance/instance/111122223333/eu-west-1/i-0123456789abcdef0/{INCIDENT}/000000.json"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        yield bucket()


@pytest.fixture
def archive(s3: S3Client) -> S3Archive:
    return S3Archive(s3, ARCHIVE)


def test_an_entry_is_an_object_with_the_very_bytes_and_the_hash(archive: S3Archive, s3: S3Client) -> None:
    assert archive.keep(KEY.text, ENTRY)
    found = s3.get_object(Bucket=ARCHIVE, Key=NAME, ChecksumMode="ENABLED")
    assert found["Body"].read().decode() == ENTRY.body
    assert found["Metadata"] == {"hash": ENTRY.hash}
    assert found["ContentType"] == "application/json"


def test_the_mac_of_a_sealed_entry_is_archived_with_it(archive: S3Archive, s3: S3Client) -> None:
    sealed = replace(ENTRY, mac="1:a:00")
    assert archive.keep(KEY.text, sealed)
    assert s3.get_object(Bucket=ARCHIVE, Key=NAME)["Metadata"] == {"hash": ENTRY.hash, "mac": sealed.mac}
    assert not archive.keep(KEY.text, ENTRY)
    (found,) = archive.first_versions(KEY, INCIDENT, in_turn)
    assert found == Archived(0, ENTRY.body, ENTRY.hash, mac=sealed.mac)


def test_keeping_the_same_again_writes_nothing(archive: S3Archive, s3: S3Client) -> None:
    assert archive.keep(KEY.text, ENTRY)
    assert archive.keep(KEY.text, ENTRY)
    assert len(s3.list_object_versions(Bucket=ARCHIVE)["Versions"]) == 1


def test_something_else_in_its_place_is_said_and_left(archive: S3Archive) -> None:
    archive.keep(KEY.text, ENTRY)
    for other in (replace(ENTRY, body="{}", hash=digest("{}")), replace(ENTRY, hash=digest("another"))):
        assert not archive.keep(KEY.text, other)
    assert archive.first_versions(KEY, INCIDENT, in_turn) == (Archived(0, ENTRY.body, ENTRY.hash),)


def test_an_archive_that_cannot_be_used_is_retried(s3: S3Client) -> None:
    with pytest.raises(Retryable):
        S3Archive(s3, "nowhere").keep(KEY.text, ENTRY)
    with pytest.raises(Retryable):
        S3Archive(s3, "nowhere").first_versions(KEY, INCIDENT, in_turn)


def test_the_first_version_is_read_whatever_came_later(archive: S3Archive, s3: S3Client) -> None:
    archive.keep(KEY.text, ENTRY)
    for body in (b"second", b"third"):
        s3.put_object(Bucket=ARCHIVE, Key=NAME, Body=body)
    s3.delete_object(Bucket=ARCHIVE, Key=NAME)
    assert archive.first_versions(KEY, INCIDENT, in_turn) == (
        Archived(0, ENTRY.body, ENTRY.hash, versions=4),
    )


def test_only_the_responses_own_entries_are_read(archive: S3Archive, s3: S3Client) -> None:
    for entry in (*opened(), *opened(LATER)):
        archive.keep(KEY.text, entry)
    archive.keep("another#instance", ENTRY)
    s3.put_object(Bucket=ARCHIVE, Key=NAME.replace("000000.json", "note.txt"), Body=b"not ours")
    found = archive.first_versions(KEY, INCIDENT, in_turn)
    assert found == tuple(Archived(one.seq, one.body, one.hash) for one in opened())
    assert archive.first_versions(ChainKey("nothing", "here"), INCIDENT, in_turn) == ()


def test_what_is_no_text_is_read_all_the_same(archive: S3Archive, s3: S3Client) -> None:
    s3.put_object(Bucket=ARCHIVE, Key=NAME, Body=b"\xff\xfe")
    (found,) = archive.first_versions(KEY, INCIDENT, in_turn)
    assert (found.hash, found.body) == ("", "\ufffd\ufffd")


def test_an_incidents_responses_are_found_in_the_archive_alone(archive: S3Archive) -> None:
    for chain in (KEY.text, "another#role/111122223333/us-east-1/path/name"):
        for entry in opened():
            archive.keep(chain, entry)
    assert archive.chains(INCIDENT) == (
        ChainKey("another", "role/111122223333/us-east-1/path/name"),
        KEY,
    )
    assert archive.chains(LATER) == ()


def test_declared_permissions_are_those_used(archive: S3Archive, s3: S3Client) -> None:
    """A read of a named version is an action of its own."""
    used: set[str] = set()

    def note(params: dict[str, object], model: object, **_: object) -> None:
        name = str(getattr(model, "name", ""))
        versioned = {"GetObject": "GetObjectVersion"} if "VersionId" in params else {}
        used.add("s3:" + {"ListObjectVersions": "ListBucketVersions", **versioned}.get(name, name))

    s3.meta.events.register("provide-client-params.s3", note, unique_id="note")
    for _ in range(2):
        archive.keep(KEY.text, ENTRY)
    assert used == {one.action for one in WRITE_PERMISSIONS}
    used.clear()
    archive.first_versions(KEY, INCIDENT, in_turn)
    archive.chains(INCIDENT)
    assert used == {one.action for one in READ_PERMISSIONS}
    s3.meta.events.unregister("provide-client-params.s3", unique_id="note")
