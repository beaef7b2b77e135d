"""Bundles: what `audit export` writes is verified without AWS, and each alteration is named."""

from __future__ import annotations

import base64
import csv
import importlib
import json
import os
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.audit_store import audit_store
from ringfence.cli.bundle_check import check_bundle
from ringfence.cli.bundle_export import Asked, DamagedLog, LogSources, Made, make_bundle
from ringfence.cli.bundle_form import (
    BASE,
    CHECKPOINT,
    DECISIONS,
    MANIFEST,
    PAGE,
    RESPONSES,
    events_file,
    incident_file,
    read_manifest,
    sha256,
)
from ringfence.cli.bundle_zip import ZippedFiles, written_bundle
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput
from ringfence.model.frozen import replace
from ringfence.model.incident import incident_id
from ringfence.record.chain import ChainKey, Stamp, digest, link
from ringfence.record.deployment_facts import Pause, PausesChanged
from ringfence.record.facts import FindingReceived
from ringfence.record.log_check import Signed
from ringfence.record.tlog import LogKey, packed, read_checkpoint, unpacked
from tests.support.effort import examples
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.chains import KEY, contained, finding, notes
from tests.support.fakes.log_home import LogHome
from tests.support.fakes.memory_clients import START
from tests.support.ocsf import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from ringfence.cli.bundle_check import BundleReport
    from ringfence.record.chain import Entry

DOCS = Path(__file__).parents[3] / "docs"
OTHER = ChainKey("another", "instance/1")
FIRST, SECOND = incident_id(START, "a"), incident_id(START + timedelta(hours=2), "b")
THIRD = incident_id(START + timedelta(hours=4), "c")


def chain(key: ChainKey, incident: str, count: int, home: LogHome) -> tuple[Entry, ...]:
    """Return a chain. One of `OTHER` begins with a finding, so that it has an event of OCSF."""
    facts = (FindingReceived(finding()), *notes(count - 1)) if key == OTHER else notes(count)
    return link(Stamp(key, incident, "ringfence", "attempt", home.clock()), None, facts)


@cache
def home() -> LogHome:
    """Three incidents, of which the first has entries before and after the second checkpoint."""
    made = LogHome()
    entries = chain(KEY, FIRST, 6, made)
    made.write(KEY, *(replace(one, mac=f"1:key:{one.hash}") for one in entries[:3]))
    made.publish()
    made.clock.wait(hours=2)
    made.write(OTHER, *chain(OTHER, SECOND, 4, made))
    made.write(KEY, *(replace(one, mac=f"1:key:{one.hash}") for one in entries[3:]))
    made.publish()
    made.clock.wait(hours=2)
    made.write(KEY, *chain(KEY, THIRD, 2, made))
    made.publish()
    made.write(
        KEY,
        *link(
            Stamp(KEY, THIRD, "ringfence", "attempt", made.clock()), chain(KEY, THIRD, 2, made)[-1], notes(1)
        ),
    )
    return made


@dataclass
class Kept:
    """The files of a bundle in memory."""

    files: dict[str, bytes] = field(default_factory=dict)
    form_fault: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.files)

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise BadInput(name, "is missing")
        return self.files[name]

    @property
    def digests(self) -> dict[str, str]:
        return {name: sha256(data) for name, data in self.files.items()}

    def add(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def agreed(self) -> Kept:
        """Let the manifest name the files as they are: whoever alters a file can alter it too."""
        text = read_manifest(self.files[MANIFEST])
        digests = {name: digest for name, digest in self.digests.items() if name != MANIFEST}
        self.files[MANIFEST] = replace(text, files=digests).text.encode()
        return self


def made(asked: Asked, of: LogHome | None = None) -> tuple[Kept, Made]:
    kept, of = Kept(), of or home()
    sources = LogSources(of.archive, of.files, of.signer.key, of.signer.verify, in_turn)
    with audit_store() as store:
        return kept, make_bundle(sources, asked, store, kept, of.clock())


ALL = Asked(START - timedelta(days=1))
LATER = Asked(START + timedelta(hours=1), START + timedelta(hours=2))


@cache
def _files(asked: Asked) -> dict[str, bytes]:
    return made(asked)[0].files


def bundle(asked: Asked = ALL) -> Kept:
    return Kept(dict(_files(asked)))


def checked(files: Kept, *kept: Signed, key: LogKey | None = None) -> BundleReport:
    with audit_store() as store:
        return check_bundle(files, store, key or home().signer.key, home().signer.verify, kept)


@pytest.mark.parametrize(
    ("asked", "responses", "entries"),
    [
        (ALL, 3, 12),
        (LATER, 2, 10),
        (Asked(START + timedelta(hours=3)), 1, 2),
        (Asked(START - timedelta(hours=1), None, (FIRST,)), 1, 6),
        (Asked(START + timedelta(days=1)), 0, 0),
    ],
)
def test_an_untouched_bundle_is_sound(asked: Asked, responses: int, entries: int) -> None:
    report = checked(bundle(asked))
    assert (report.faults, report.unproved) == ([], [])
    assert (report.responses, report.entries) == (responses, entries)


def test_the_period_is_that_of_the_signed_checkpoints_around_it() -> None:
    report = checked(bundle(LATER))
    assert report.base
    assert report.end
    assert (report.base.at, report.end.at) == (START, START + timedelta(hours=2))
    assert checked(bundle()).base is None


def test_entries_before_the_period_come_without_their_macs_which_nothing_would_prove() -> None:
    lines = [json.loads(one) for one in bundle(LATER).files[incident_file(FIRST)].splitlines()]
    assert [bool(one["mac"]) for one in lines] == [False] * 3 + [True] * 3


def test_entries_that_are_younger_than_the_log_are_counted_and_left_out() -> None:
    kept, told = made(ALL)
    assert told.younger == 1
    assert len(kept.files[incident_file(THIRD)].splitlines()) == 2


def test_an_incident_that_is_not_in_the_log_is_an_error() -> None:
    with pytest.raises(BadInput, match="must be in the log, whose newest checkpoint"):
        made(Asked(START, None, (incident_id(START, "z"),)))


def test_a_log_with_a_fault_is_not_exported() -> None:
    damaged = LogHome()
    damaged.write(KEY, *chain(KEY, FIRST, 3, damaged))
    damaged.publish()
    damaged.s3.objects.pop("log/tile/entries/000.p/3")
    with pytest.raises(DamagedLog, match="is not in the archive"):
        made(ALL, damaged)


def test_the_tables_say_who_decided_what() -> None:
    decided = LogHome()
    decided.write(KEY, *contained())
    decided.publish()
    kept, _ = made(ALL, decided)
    rows = kept.files[DECISIONS].decode().splitlines()
    assert len(rows) == 2
    assert ",decision,auto," in rows[1]
    assert len(kept.files[RESPONSES].decode().splitlines()) == 2


def test_events_of_ocsf_are_valid() -> None:
    decided = LogHome()
    decided.write(KEY, *contained())
    decided.publish()
    kept, _ = made(ALL, decided)
    (name,) = (one for one in kept.files if one.startswith("ocsf/"))
    events = [json.loads(line) for line in kept.files[name].decode().splitlines()]
    assert {one["class_uid"] for one in events} == {2004, 7001}
    for one in events:
        check(one)


def test_the_page_shows_the_responses_the_changes_and_who_decided() -> None:
    decided = LogHome()
    decided.write(KEY, *contained())
    decided.publish()
    kept, _ = made(ALL, decided)
    page = kept.files[PAGE].decode()
    assert "everything that came into the log since the log began" in page
    assert '<th scope="row">turn the key of front</th>' in page
    assert '<th scope="row">decision</th>' in page
    assert "<script" not in page


def test_what_people_did_to_the_deployment_is_in_the_bundle() -> None:
    paused = LogHome()
    key = ChainKey("pause", "account/111122223333/eu-west-1/111122223333")
    person = "arn:aws:sts::111122223333:assumed-role/oncall/kim"
    pause = Pause("p-1", person, "a drill", START, START + timedelta(hours=1))
    paused.write(key, *link(Stamp(key, FIRST, person, "a", START), None, [PausesChanged("began", pause)]))
    paused.publish()
    kept, _ = made(ALL, paused)
    (row,) = csv.DictReader(kept.files[DECISIONS].decode().splitlines())
    assert (row["what"], row["result"], row["who"], row["authenticated"]) == ("pause", "began", person, "")
    assert row["reason"] == f"a drill (paused by {person})"
    assert len(kept.files[RESPONSES].decode().splitlines()) == 1
    report = checked(kept)
    assert (report.faults, report.responses, report.records) == ([], 0, 1)


# What somebody can do who wants an auditor to see something else. The manifest is made to agree.


def cut(name: str, lines: slice) -> Callable[[Kept], object]:
    def change(kept: Kept) -> None:
        kept.files[name] = b"".join(kept.files[name].splitlines(keepends=True)[lines])

    return change


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Kept], object]:
    def change(kept: Kept) -> None:
        assert old in kept.files[name]
        kept.files[name] = kept.files[name].replace(old, new)

    return change


def rewritten(kept: Kept) -> None:
    """Write a whole response again, with right hashes."""
    entries = chain(OTHER, SECOND, 4, LogHome())
    lines = (
        {
            "chain": OTHER.text,
            "entry": f"{SECOND}#{one.seq:06d}",
            "body": one.body,
            "hash": one.hash,
            "mac": "",
        }
        for one in entries
    )
    kept.files[incident_file(SECOND)] = "".join(f"{canonical(one)}\n" for one in lines).encode()


def added(kept: Kept) -> None:
    """Append an entry that follows the last one."""
    line = json.loads(kept.files[incident_file(SECOND)].splitlines()[-1])
    body = (
        line["body"].replace('"seq":3', '"seq":4').replace(json.loads(line["body"])["previous"], line["hash"])
    )
    more = {**line, "entry": f"{SECOND}#000004", "body": body, "hash": digest(body)}
    kept.files[incident_file(SECOND)] += f"{canonical(more)}\n".encode()


def with_body(body: str) -> Callable[[Kept], object]:
    """Give the first entry of an incident another body, and leave the rest as it is."""

    def change(kept: Kept) -> None:
        first, *more = kept.files[incident_file(SECOND)].splitlines(keepends=True)
        line = canonical({**json.loads(first), "body": body})
        kept.files[incident_file(SECOND)] = f"{line}\n".encode() + b"".join(more)

    return change


def with_leaf(leaf: str) -> Callable[[Kept], object]:
    """Put something else in the place of the first leaf."""

    def change(kept: Kept) -> None:
        name = "log/tile/entries/000.p/12"
        kept.files[name] = packed([leaf, *(one.decode() for one in unpacked(kept.files[name])[1:])])

    return change


def of_nobody(kept: Kept) -> None:
    name = incident_id(START, "z")
    kept.files[incident_file(name)] = kept.files[incident_file(SECOND)].replace(
        SECOND.encode(), name.encode()
    )


def later_start(kept: Kept) -> None:
    """Begin the period later, so that an incident need not be in it."""
    kept.files[BASE] = kept.files[CHECKPOINT]
    for name in [name for name in kept.files if name.startswith(("chains/", "log/tile/"))]:
        kept.files.pop(name)


def other_root(kept: Kept) -> None:
    lines = kept.files[CHECKPOINT].splitlines(keepends=True)
    lines[2] = base64.b64encode(bytes(32)) + b"\n"
    kept.files[CHECKPOINT] = b"".join(lines)


NO_LEAF = "leaf 0 in log/tile/entries/000.p/12 is no entry"
ALTERATIONS: dict[str, tuple[Callable[[Kept], object], str]] = {
    "a last entry is removed": (
        cut(incident_file(SECOND), slice(0, 3)),
        f"{SECOND} {OTHER.text}: entry 3 was removed: it is leaf ",
    ),
    "a first entry is removed": (cut(incident_file(SECOND), slice(1, 4)), "entry 0 was removed: it is leaf"),
    "entries change places": (
        cut(incident_file(SECOND), slice(None, None, -1)),
        "entry 0 is reordered: entry 3 is in its place",
    ),
    "an entry is altered": (
        replaced(incident_file(SECOND), b"attempt", b"tempted"),
        f"{SECOND} {OTHER.text}: entry 0 is altered",
    ),
    "a body has half a surrogate pair": (
        with_body("\ud800"),
        f"{SECOND} {OTHER.text}: entry 0 is altered",
    ),
    "a body is nested too deeply": (with_body("[" * 100_000), f"{SECOND} {OTHER.text}: entry 0 is altered"),
    "a MAC is altered": (replaced(incident_file(FIRST), b"1:key:", b"1:yek:"), "entry 0 is altered: leaf"),
    "a response is written again": (rewritten, "leaf 3 of the log has another version of it"),
    "an entry is added": (added, "entry 4 was added: the log of this period does not contain it"),
    "an incident is removed": (
        lambda kept: kept.files.pop(incident_file(SECOND)),
        f"chains/{SECOND}.jsonl was removed: the log has entries of {SECOND}",
    ),
    "an incident is added": (of_nobody, "was added: nothing in the log belongs to it"),
    "a file is added": (lambda kept: kept.add("readme.txt", b"all is well"), "readme.txt was added"),
    "a file is hidden in a folder": (lambda kept: kept.add("../x", b""), "../x was added"),
    "leaves are altered": (
        replaced("log/tile/entries/000.p/12", SECOND.encode(), SECOND.replace("-2", "-3").encode()),
        "do not have the root of log/checkpoint",
    ),
    "a leaf is nested too deeply": (
        with_leaf("[" * 60_000),
        NO_LEAF,
    ),
    "a leaf has numbers": (
        with_leaf('{"body":1,"chain":2,"entry":3,"hash":4,"mac":[]}'),
        NO_LEAF,
    ),
    "a leaf has half a surrogate pair": (
        with_leaf('{"body":"","chain":"\\ud800","entry":"","hash":"","mac":""}'),
        NO_LEAF,
    ),
    "leaves are cut": (
        lambda kept: kept.add("log/tile/entries/000.p/12", kept.files["log/tile/entries/000.p/12"][:-1]),
        "log/tile/entries/000.p/12 was altered: it does not contain the whole leaves",
    ),
    "the leaves are removed": (
        lambda kept: kept.files.pop("log/tile/entries/000.p/12"),
        "log/tile/entries/000.p/12: is missing",
    ),
    "the checkpoint is altered": (other_root, "log/checkpoint is not a checkpoint of the log"),
    "the checkpoint is removed": (lambda kept: kept.files.pop(CHECKPOINT), "log/checkpoint: is missing"),
    "the period begins later": (later_start, "log/tile/0/000.p/12: is missing"),
    "a table is altered": (
        replaced(RESPONSES, b"another", b"nothing"),
        "responses.csv was altered: it is not the file that the entries give",
    ),
    "the page is altered": (
        replaced(PAGE, b"everything", b"not everything"),
        "report.html was altered: it is not the file that the entries give",
    ),
    "the page is removed": (lambda kept: kept.files.pop(PAGE), "report.html was removed"),
    "an event is removed": (
        lambda kept: kept.files.pop(events_file(SECOND)),
        f"ocsf/{SECOND}.jsonl was removed",
    ),
    "an event is altered": (
        replaced(events_file(SECOND), b'"status"', b'"state"'),
        f"ocsf/{SECOND}.jsonl was altered: it is not the file that the entries give",
    ),
    "an event is added": (
        lambda kept: kept.add(events_file(FIRST), b"{}\n"),
        f"ocsf/{FIRST}.jsonl was altered: it is not the file that the entries give",
    ),
    "events of nobody are added": (
        lambda kept: kept.add(events_file(incident_id(START, "z")), b"{}\n"),
        "was added: nothing in the log belongs to it",
    ),
    "a table is removed": (lambda kept: kept.files.pop(DECISIONS), "decisions.csv was removed"),
    "the scope is made smaller": (
        lambda kept: kept.add(
            MANIFEST, replace(read_manifest(kept.files[MANIFEST]), incidents=(FIRST,)).text.encode()
        ),
        f"chains/{SECOND}.jsonl was added",
    ),
    "the manifest is no manifest": (
        lambda kept: kept.add(MANIFEST, b"[]"),
        "manifest.json: must be an object",
    ),
}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script of the documentation."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("verify_bundle")


@pytest.fixture
def alone(script: ModuleType) -> Callable[[Path], str]:
    """Verify a zip file with the script of the documentation, and return what it says."""

    def verified(path: Path) -> str:
        try:
            return str(script.main(path, home().signer.key.text))
        except script.FAULTS as fault:
            return f"NOT SOUND: {fault}"

    return verified


@pytest.mark.parametrize("asked", [ALL, LATER, Asked(START - timedelta(hours=1), None, (FIRST,))])
def test_the_script_of_the_documentation_verifies_it_too(
    alone: Callable[[Path], str], tmp_path: Path, asked: Asked
) -> None:
    zipped(bundle(asked).files, tmp_path / "bundle.zip")
    assert "None is missing" in alone(tmp_path / "bundle.zip")


MADE_AGAIN = {
    *("a table is altered", "the page is altered"),
    *("an event is removed", "an event is altered", "an event is added"),
}
"""What the script does not find, because only Ringfence can make these files again."""


@pytest.mark.parametrize("name", sorted(ALTERATIONS.keys() - MADE_AGAIN))
def test_the_script_of_the_documentation_finds_what_was_altered(
    alone: Callable[[Path], str], tmp_path: Path, name: str
) -> None:
    kept = bundle()
    ALTERATIONS[name][0](kept)
    zipped((kept if kept.files[MANIFEST] == b"[]" else kept.agreed()).files, tmp_path / "bundle.zip")
    said = alone(tmp_path / "bundle.zip")
    assert said.startswith("NOT SOUND: "), said


@pytest.mark.parametrize("name", ALTERATIONS)
def test_what_was_altered_is_named_also_if_the_manifest_agrees(name: str) -> None:
    change, said = ALTERATIONS[name]
    kept = bundle()
    change(kept)
    if kept.files[MANIFEST] != b"[]":
        kept.agreed()
    faults = checked(kept).faults
    assert any(said in one for one in faults), faults


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kept: kept.add(RESPONSES, b"x"), "responses.csv was altered: it does not have the SHA-256"),
        (lambda kept: kept.add("more", b"x"), "more was added: the manifest does not name it"),
        (lambda kept: kept.files.pop(RESPONSES), "responses.csv was removed"),
    ],
)
def test_a_file_that_the_manifest_does_not_fit_is_named(change: Callable[[Kept], object], said: str) -> None:
    kept = bundle()
    change(kept)
    assert any(said in one for one in checked(kept).faults)


@given(st.data())
@examples(25)
def test_any_other_byte_in_any_file_is_found(data: st.DataObject) -> None:
    kept = bundle(LATER)
    name = data.draw(st.sampled_from(sorted(set(kept.files) - {MANIFEST})))
    old = kept.files[name]
    at = data.draw(st.integers(0, len(old) - 1))
    new = data.draw(st.integers(0, 255).filter(lambda one: one != old[at]))
    kept.files[name] = old[:at] + bytes([new]) + old[at + 1 :]
    report = checked(kept.agreed())
    assert report.faults, (name, at, new)


def test_another_key_proves_nothing() -> None:
    other = LogKey(home().signer.key.name, bytes(32))
    assert "log/checkpoint is not a checkpoint of the log" in "\n".join(checked(bundle(), key=other).faults)


def test_a_checkpoint_that_the_auditor_kept_must_fit() -> None:
    fork = LogHome()
    fork.write(KEY, *chain(KEY, FIRST, 3, fork))
    fork.publish()
    note = fork.files.checkpoint(next(fork.files.checkpoints()))
    forged = Signed(read_checkpoint(note, fork.signer.key, fork.signer.verify), "kept")
    assert "do not have the root of kept" in "\n".join(checked(bundle(), forged).faults)


def test_a_table_of_another_version_is_not_proved_and_no_fault() -> None:
    kept = bundle()
    text = read_manifest(kept.files[MANIFEST])
    kept.files[MANIFEST] = replace(text, version="0.0.1").text.encode()
    kept.files[RESPONSES] = b"incident\r\n"
    report = checked(kept.agreed())
    assert report.faults == []
    assert "responses.csv is not the file that the entries give" in report.unproved[0]


def test_a_zip_file_holds_a_bundle_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with written_bundle(path) as out:
        for name, data in bundle().files.items():
            out.add(name, data)
    assert path.stat().st_mode & 0o777 == 0o600
    with ZippedFiles(path) as files, audit_store() as store:
        report = check_bundle(files, store, home().signer.key, home().signer.verify)
    assert (report.faults, report.entries) == ([], 12)


def test_a_file_that_is_in_the_zip_file_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with written_bundle(path) as out:
        for name, data in bundle().files.items():
            out.add(name, data)
    with zipfile.ZipFile(path, "a") as more, pytest.warns(UserWarning, match="Duplicate name"):
        more.writestr(RESPONSES, bundle().files[RESPONSES])
    with ZippedFiles(path) as files, audit_store() as store:
        report = check_bundle(files, store, home().signer.key, home().signer.verify)
    assert f"{RESPONSES} is in the bundle more than once" in report.faults


def zipped(files: dict[str, bytes], path: Path) -> bytes:
    """Return the bytes of a zip file with these files, as the export writes it."""
    with written_bundle(path) as out:
        for name, data in files.items():
            out.add(name, data)
    return path.read_bytes()


FALSE_PAGE = {PAGE: b"<p>Nobody was contained."}
END = b"PK\x05\x06"


def prepended(right: bytes, path: Path) -> bytes:
    return zipped(FALSE_PAGE, path) + right


def local_alone(right: bytes, path: Path) -> bytes:
    """Put a local file before the others, which the directory does not name."""
    more = zipped(FALSE_PAGE, path)
    return more[: more.index(b"PK\x01\x02")] + right


def between(right: bytes, path: Path) -> bytes:
    """Put a local file between the last file and the directory, and tell the end where the directory is."""
    more = zipped(FALSE_PAGE, path)
    more, at = more[: more.index(b"PK\x01\x02")], right.index(b"PK\x01\x02")
    end = right.rindex(END)
    begins = (at + len(more)).to_bytes(4, "little")
    return right[:at] + more + right[at:end] + right[end : end + 16] + begins + right[end + 20 :]


def commented(right: bytes, path: Path) -> bytes:
    path.write_bytes(right)
    with zipfile.ZipFile(path, "a") as more:
        more.comment = b"all is well"
    return path.read_bytes()


def other_local(old: bytes, new: bytes) -> Callable[[bytes, Path], bytes]:
    """Change the first occurrence, which is in a local header."""
    return lambda right, _: right.replace(old, new, 1)


def other_size(right: bytes, _: Path) -> bytes:
    """Give the first local header another size."""
    return right[:22] + bytes([right[22] ^ 1]) + right[23:]


def padded(right: bytes, path: Path) -> bytes:
    """Put a local file behind the end of a compressed stream, and count it to the compressed file."""
    more = zipped(FALSE_PAGE, path)
    more = more[: more.index(b"PK\x01\x02")]
    path.write_bytes(right)
    with zipfile.ZipFile(path) as read:
        last = read.infolist()[-1]
    longer = (last.compress_size + len(more)).to_bytes(4, "little")
    changed = bytearray(right)
    directory, end = right.index(b"PK\x01\x02"), right.rindex(END)
    entry = right.rindex(b"PK\x01\x02")
    changed[last.header_offset + 18 : last.header_offset + 22] = longer
    changed[entry + 20 : entry + 24] = longer
    changed[end + 16 : end + 20] = (directory + len(more)).to_bytes(4, "little")
    return bytes(changed[:directory] + more + changed[directory:])


def with_directory(change: Callable[[zipfile.ZipInfo], object]) -> Callable[[bytes, Path], bytes]:
    """Write the zip file again with a changed entry in its directory."""

    def rewritten(right: bytes, path: Path) -> bytes:
        path.write_bytes(right)
        with zipfile.ZipFile(path, "a") as more:
            change(more.infolist()[0])
            more._didModify = True  # type: ignore[attr-defined]  # writes the directory again
        return path.read_bytes()

    return rewritten


ZIPS: dict[str, Callable[[bytes, Path], bytes]] = {
    "another zip file is prepended": prepended,
    "bytes are prepended": lambda right, _: b"#!/bin/sh\n" + right,
    "a local file is prepended": local_alone,
    "a local file is between the files and the directory": between,
    "bytes are appended": lambda right, _: right + b"\0",
    "the zip file has a comment": commented,
    "a file has a comment": with_directory(lambda one: setattr(one, "comment", b"all is well")),
    "a file has an extra field": with_directory(lambda one: setattr(one, "extra", b"\x99\x99\0\0")),
    "a local header has another name": other_local(MANIFEST.encode(), b"Manifest.json"),
    "a local header has another time": lambda right, _: right[:10] + b"\1" + right[11:],
    "a local header has another size": other_size,
    "a compressed file contains another one": padded,
    "the directory counts another number of files": lambda right, _: (
        right[: right.rindex(END) + 8] + b"\1" + right[right.rindex(END) + 9 :]
    ),
}
"""What one program does not see in a zip file, and another one extracts."""


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_file_that_programs_can_read_differently_is_a_fault(
    alone: Callable[[Path], str], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "bundle.zip"
    altered = ZIPS[name](zipped(bundle().files, path), tmp_path / "other.zip")
    path.write_bytes(altered)
    assert "NOT SOUND: " in alone(path)
    with ZippedFiles(path) as files, audit_store() as store:
        assert check_bundle(files, store, home().signer.key, home().signer.verify).faults


def test_a_zip_file_with_files_in_another_order_is_a_fault(
    alone: Callable[[Path], str], tmp_path: Path
) -> None:
    path = tmp_path / "bundle.zip"
    zipped(bundle().files, path)
    with zipfile.ZipFile(path, "a") as more:
        more.filelist.reverse()
        more._didModify = True  # type: ignore[attr-defined]  # writes the directory again
    assert "NOT SOUND: " in alone(path)
    with ZippedFiles(path) as files:
        assert files.form_fault


@pytest.mark.parametrize(("limit", "to"), [("ZIP_FILECOUNT_LIMIT", 8), ("ZIP64_LIMIT", 3000)])
def test_a_large_bundle_has_the_form_too(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, to: int
) -> None:
    """More than 65,535 files, or an offset of more than 2 GiB, need the longer end of ZIP64."""
    path = tmp_path / "bundle.zip"
    with monkeypatch.context() as small:
        small.setattr(zipfile, limit, to)
        data = zipped({f"{number}": os.urandom(900) for number in range(9)}, path)
    with ZippedFiles(path) as files:
        assert files.form_fault == ""
    script.Bundle(path).form()
    at = data.rindex(b"PK\6\6") + 24
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with ZippedFiles(path) as files:
        assert files.form_fault
    with pytest.raises(script.Fault):
        script.Bundle(path).form()


@pytest.mark.parametrize("data", [b"", b"no zip file"])
def test_what_is_no_zip_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)
    with pytest.raises(BadInput, match="it is no zip file"):
        ZippedFiles(path)


def test_a_zip_file_without_files_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    with ZippedFiles(path) as files, audit_store() as store:
        faults = check_bundle(files, store, home().signer.key, home().signer.verify).faults
    assert faults == ["manifest.json: is missing"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with written_bundle(path) as out:
        for name, data in bundle().files.items():
            out.add(name, data)
    with zipfile.ZipFile(path) as read:
        at = read.getinfo(RESPONSES).header_offset + 60
    altered = bytearray(path.read_bytes())
    altered[at] ^= 0xFF
    path.write_bytes(altered)
    with ZippedFiles(path) as files, audit_store() as store:
        report = check_bundle(files, store, home().signer.key, home().signer.verify)
    assert f"{RESPONSES}: cannot be read: it is damaged" in report.faults


def test_nothing_is_left_of_a_bundle_that_was_not_finished(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with pytest.raises(DamagedLog), written_bundle(path):
        raise DamagedLog("a fault")
    assert list(tmp_path.iterdir()) == []
