"""The archive on moto: written once, read by first version."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from ringfence.aws.archive import READ_PERMISSIONS, WRITE_PERMISSIONS, S3Archive
from ringfence.aws.archive_objects import Place, object_key, place_of, read, written
from ringfence.aws.audit_items import archive_prefix
from ringfence.model.errors import Retryable
from ringfence.record.chain import ChainKey, Entry, digest, link
from ringfence.record.integrity import Archived
from tests.support.fakes.audit_home import ARCHIVE, bucket, in_turn
from tests.support.fakes.chains import INCIDENT, KEY, LATER, contained, notes, opened, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

ENTRIES = contained()
ENTRY = ENTRIES[0]
RESPONSE = "contain-instance/instance/111122223333/eu-west-1/i-0123456789abcdef0"
NAME = f"chains/{INCIDENT}/{RESPONSE}/000000.jsonl"
OLD_NAME = f"chains/{RESPONSE}/{INCIDENT}/000000.json"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        yield bucket()


@pytest.fixture
def archive(s3: S3Client) -> S3Archive:
    return S3Archive(s3, ARCHIVE)


def names(s3: S3Client) -> list[str]:
    return [one["Key"] for one in s3.list_object_versions(Bucket=ARCHIVE).get("Versions", [])]


def archived(entries: tuple[Entry, ...] = ENTRIES) -> tuple[Archived, ...]:
    return tuple(Archived(one.seq, one.body, one.hash, 1, one.mac) for one in entries)


def keep_old(s3: S3Client, *entries: Entry) -> None:
    """Archive entries as it was done before: each is one object."""
    for one in entries:
        s3.put_object(
            Bucket=ARCHIVE,
            Key=f"{archive_prefix(KEY.text, one.incident)}{one.seq:06d}.json",
            Body=one.body.encode(),
            Metadata={"hash": one.hash, **({"mac": one.mac} if one.mac else {})},
        )


def test_entries_that_come_together_are_one_object_with_a_line_each(archive: S3Archive, s3: S3Client) -> None:
    assert archive.keep(KEY.text, ENTRIES) == frozenset()
    assert names(s3) == [NAME]
    found = s3.get_object(Bucket=ARCHIVE, Key=NAME, ChecksumMode="ENABLED")
    lines = found["Body"].read().decode().splitlines()
    assert json.loads(lines[5]) == {
        "chain": KEY.text,
        "entry": f"{INCIDENT}#000005",
        "body": ENTRIES[5].body,
        "hash": ENTRIES[5].hash,
        "mac": "",
    }
    assert found["ContentType"] == "application/jsonl"
    assert archive.first_versions(KEY, INCIDENT, in_turn) == archived()


def test_the_mac_of_an_entry_is_archived(archive: S3Archive, s3: S3Client) -> None:
    sealed = tuple(replace(one, mac="v1:k:0a") for one in opened())
    archive.keep(KEY.text, sealed)
    keep_old(s3, *sealed)
    assert archive.first_versions(KEY, INCIDENT, in_turn) == archived(sealed)
    assert archive.keep(KEY.text, opened()) == {0, 1}


def test_keeping_the_same_again_writes_nothing(archive: S3Archive, s3: S3Client) -> None:
    for _ in range(2):
        assert archive.keep(KEY.text, ENTRIES) == frozenset()
    assert names(s3) == [NAME]


@pytest.mark.parametrize("first", range(1, 6))
def test_the_same_entries_in_another_cut_stay_the_same(archive: S3Archive, first: int) -> None:
    for cut in (ENTRIES[:first], ENTRIES, ENTRIES[first:], ENTRIES[:1], ENTRIES):
        assert archive.keep(KEY.text, cut) == frozenset()
    assert archive.first_versions(KEY, INCIDENT, in_turn) == archived()


def test_something_else_in_its_place_is_said_and_left(archive: S3Archive) -> None:
    archive.keep(KEY.text, ENTRIES[:2])
    for other in (replace(ENTRY, body="{}", hash=digest("{}")), replace(ENTRY, hash=digest("another"))):
        assert archive.keep(KEY.text, [other, *ENTRIES[1:]]) == {0}
    assert archive.first_versions(KEY, INCIDENT, in_turn) == archived()


def test_an_archive_that_cannot_be_used_is_retried(s3: S3Client) -> None:
    with pytest.raises(Retryable):
        S3Archive(s3, "nowhere").keep(KEY.text, [ENTRY])
    with pytest.raises(Retryable):
        S3Archive(s3, "nowhere").first_versions(KEY, INCIDENT, in_turn)


def test_the_first_version_is_read_whatever_came_later(archive: S3Archive, s3: S3Client) -> None:
    archive.keep(KEY.text, [ENTRY])
    for body in (b"second", b"third"):
        s3.put_object(Bucket=ARCHIVE, Key=NAME, Body=body)
    assert archive.first_versions(KEY, INCIDENT, in_turn) == (replace(*archived()[:1], versions=3),)


def test_a_delete_marker_is_no_version(archive: S3Archive, s3: S3Client) -> None:
    archive.keep(KEY.text, ENTRIES)
    s3.delete_object(Bucket=ARCHIVE, Key=NAME)
    found = archive.first_versions(KEY, INCIDENT, in_turn)
    assert {one.versions for one in found} == {1}
    ((marker,),) = {one.markers for one in found}
    assert marker.startswith("20")
    assert [one.body for one in found] == [one.body for one in ENTRIES]


def test_entries_that_are_written_again_behind_a_delete_marker_are_the_same(
    archive: S3Archive, s3: S3Client
) -> None:
    """The marker lets a second version in; the batch that was delivered again is no tampering."""
    archive.keep(KEY.text, ENTRIES)
    s3.delete_object(Bucket=ARCHIVE, Key=NAME)
    assert archive.keep(KEY.text, ENTRIES) == frozenset()
    assert names(s3) == [NAME, NAME]
    assert {one.versions for one in archive.first_versions(KEY, INCIDENT, in_turn)} == {1}


def test_another_object_with_other_content_for_an_entry_is_counted(archive: S3Archive) -> None:
    archive.keep(KEY.text, ENTRIES)
    archive.keep(KEY.text, [replace(ENTRIES[3], body="{}", hash=digest("{}"))])
    found = archive.first_versions(KEY, INCIDENT, in_turn)
    assert [one.versions for one in found] == [1, 1, 1, 2, 1, 1]


def test_entries_that_were_one_object_each_are_still_read(archive: S3Archive, s3: S3Client) -> None:
    keep_old(s3, *ENTRIES[:4])
    assert archive.keep(KEY.text, ENTRIES[4:]) == frozenset()
    assert archive.first_versions(KEY, INCIDENT, in_turn) == archived()
    assert archive.chains(INCIDENT) == (KEY,)


def test_only_the_responses_own_entries_are_read(archive: S3Archive, s3: S3Client) -> None:
    for entries in (opened(), opened(LATER)):
        archive.keep(KEY.text, entries)
    archive.keep("another#instance", [ENTRY])
    s3.put_object(Bucket=ARCHIVE, Key=NAME.replace("000000.jsonl", "note.txt"), Body=b"not ours")
    assert archive.first_versions(KEY, INCIDENT, in_turn) == archived(opened())
    assert archive.first_versions(ChainKey("nothing", "here"), INCIDENT, in_turn) == ()


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"[]\n", b'{"body":1}\n', b"\n"])
def test_what_is_no_text_of_ours_is_an_entry_that_fails(
    archive: S3Archive, s3: S3Client, body: bytes
) -> None:
    s3.put_object(Bucket=ARCHIVE, Key=NAME, Body=body)
    (found,) = archive.first_versions(KEY, INCIDENT, in_turn)
    assert (found.seq, found.hash) == (0, "")


def test_an_incidents_responses_are_found_in_the_archive_alone(archive: S3Archive) -> None:
    for chain in (KEY.text, "another#role/111122223333/us-east-1/path/name"):
        archive.keep(chain, opened())
    assert archive.chains(INCIDENT) == (
        ChainKey("another", "role/111122223333/us-east-1/path/name"),
        KEY,
    )
    assert archive.chains(LATER) == ()


def test_the_responses_of_a_period_are_listed_without_the_others(archive: S3Archive, s3: S3Client) -> None:
    archive.keep(KEY.text, opened())
    archive.keep("another#instance/1", opened(LATER))
    keep_old(s3, *opened(LATER))
    assert set(archive.responses("inc-2", "inc-3")) == {
        (KEY, INCIDENT),
        (ChainKey("another", "instance/1"), LATER),
        (KEY, LATER),
    }
    assert set(archive.responses("inc-2", INCIDENT)) == {(KEY, INCIDENT)}
    assert (KEY, INCIDENT) not in set(archive.responses("inc-20251201", "inc-3"))
    assert set(archive.responses("inc-2", "inc-3", ["202511"])) == {(KEY, INCIDENT), (KEY, LATER)}


def test_a_search_lists_no_other_incidents(archive: S3Archive, s3: S3Client) -> None:
    """Whoever asks for an unknown incident does not have the whole bucket listed."""
    archive.keep(KEY.text, opened(LATER))
    asked: list[str] = []
    s3.meta.events.register(
        "provide-client-params.s3", lambda params, **_: asked.append(params["Prefix"]), unique_id="note"
    )
    assert archive.chains(INCIDENT) == ()
    s3.meta.events.unregister("provide-client-params.s3", unique_id="note")
    assert f"chains/{INCIDENT}/" in asked
    assert not any(LATER.startswith(one.removeprefix("chains/")) for one in asked)


def test_keys_name_the_response() -> None:
    assert object_key(KEY.text, INCIDENT, 0) == NAME
    assert place_of(NAME) == Place(KEY, INCIDENT, 0, alone=False)
    assert place_of(OLD_NAME) == Place(KEY, INCIDENT, 0, alone=True)
    strangers = ("", NAME.replace("chains/", "other/"), NAME.replace("000000", "0"), NAME + "x", "chains/a/b")
    assert [place_of(one) for one in strangers] == [None] * len(strangers)


@given(st.integers(1, 5), st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=5))
def test_what_is_written_is_read(seq: int, bodies: list[str], mac: str) -> None:
    entries = tuple(Entry(INCIDENT, seq + at, body, digest(body), mac) for at, body in enumerate(bodies))
    assert read(Place(KEY, INCIDENT, seq, alone=False), written(KEY.text, entries)) == entries


def test_old_entries_are_read_in_parts(archive: S3Archive, s3: S3Client) -> None:
    entries = link(stamp(), None, notes(5))
    keep_old(s3, *entries)
    archive.keep(KEY.text, entries)
    found: list[Entry] = []
    last = ""
    for _ in range(3):
        part, last = archive.old_entries(last, 2, in_turn)
        found += [entry for _, entry in part]
    assert (tuple(found), last) == (entries, "")


def test_declared_permissions_are_those_used(archive: S3Archive, s3: S3Client) -> None:
    """A read of a named version is an action of its own."""
    used: set[str] = set()

    def note(params: dict[str, object], model: object, **_: object) -> None:
        name = str(getattr(model, "name", ""))
        versioned = {"GetObject": "GetObjectVersion"} if "VersionId" in params else {}
        used.add("s3:" + {"ListObjectVersions": "ListBucketVersions", **versioned}.get(name, name))

    s3.meta.events.register("provide-client-params.s3", note, unique_id="note")
    for _ in range(2):
        archive.keep(KEY.text, [ENTRY])
    assert used == {one.action for one in WRITE_PERMISSIONS}
    used.clear()
    archive.first_versions(KEY, INCIDENT, in_turn)
    archive.chains(INCIDENT)
    tuple(archive.responses("inc-2", "inc-3"))
    assert used == {one.action for one in READ_PERMISSIONS}
    s3.meta.events.unregister("provide-client-params.s3", unique_id="note")
