"""The specification of the audit log: its vectors are what the code writes, and its script works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.audit_items import sort_key
from ringfence.cli.audit_store import audit_store
from ringfence.cli.bundle_export import Asked, LogSources, make_bundle
from ringfence.cli.bundle_zip import written_bundle
from ringfence.model.incident import incident_id
from ringfence.record.chain import Stamp, link
from ringfence.record.control import LOG_LEAVES
from ringfence.record.tlog import Leaf
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.chains import KEY, LATER, contained, notes, stamp
from tests.support.fakes.log_home import LogHome
from tools import record_vectors

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[3] / "docs"
ALONE = """
import runpy, sys
sys.modules["ringfence"] = None
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script that cannot import Ringfence."""

TIME = r"[\d-]{10} [\d:]{8} UTC"


def test_the_vectors_are_what_the_code_writes() -> None:
    written = (DOCS / "record-format.json").read_text("utf-8")
    assert json.loads(written) == record_vectors.vectors(), "run make docs"


def test_the_page_names_every_field_of_the_vectors() -> None:
    page = (DOCS / "record-format.md").read_text("utf-8")
    entry = json.loads((DOCS / "record-format.json").read_text("utf-8"))["entries"][0]
    fields = {*json.loads(entry["body"]), *json.loads(entry["leaf"]), "chain", "entry", "body", "hash", "mac"}
    assert [one for one in fields if f"`{one}`" not in page] == []


def copied(home: LogHome, folder: Path) -> None:
    """Copy the newest version of each object, as `aws s3 sync` does."""
    for name, kept in home.s3.objects.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kept[-1]["Body"])


def script(*words: Path | str, name: str = "verify_log.py") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a script of ours
        [sys.executable, "-I", "-c", ALONE, str(DOCS / name), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def home() -> LogHome:
    """Two responses, and a log of more than one bundle."""
    made = LogHome()
    made.write(KEY, *contained())
    made.publish()
    entries = link(stamp(LATER), None, notes(300))
    for at in range(0, 300, 75):
        made.clock.wait(minutes=10)
        made.write(KEY, *entries[at : at + 75])
        made.publish()
    return made


def test_the_script_verifies_a_copy_without_ringfence(home: LogHome, tmp_path: Path) -> None:
    copied(home, tmp_path)
    done = script(tmp_path, home.signer.key.text)
    assert (done.returncode, done.stdout) == (0, "306 entries and 306 leaves are sound\n"), done.stderr


@pytest.mark.parametrize(("minutes", "entries"), [(15, 300), (0, 0)])
def test_a_script_verifies_a_bundle_without_ringfence(
    home: LogHome, tmp_path: Path, minutes: int, entries: int
) -> None:
    """The log before the bundle ends in the first or in the second tile."""
    path, key = tmp_path / "bundle.zip", home.signer.key.text
    sources = LogSources(home.archive, home.files, home.signer.key, home.signer.verify, in_turn)
    with audit_store() as store, written_bundle(path) as out:
        make_bundle(sources, Asked(home.clock() - timedelta(minutes=minutes)), store, out, home.clock())
    done = script(path, key, name="verify_bundle.py")
    period = f"after {TIME} until {TIME}"
    said = f"Sound entries: {entries}. None is missing: the bundle contains everything {period}"
    assert done.returncode == 0, done.stderr + done.stdout
    assert re.fullmatch(rf"{said}\. The page, .* were not computed again", done.stdout.strip())
    with zipfile.ZipFile(path, "a") as more:
        more.writestr("more.txt", "")
    done = script(path, key, name="verify_bundle.py")
    assert (done.returncode, done.stderr) == (1, "NOT SOUND: added or removed: ['more.txt']\n")
    with zipfile.ZipFile(path, "a") as more:
        more.writestr("\x1b[1K\rSound entries: 12", "")
    done = script(path, key, name="verify_bundle.py")
    assert (done.returncode, "\x1b" in done.stderr + done.stdout) == (1, False)


def entry(home: LogHome, old: bytes, new: bytes) -> None:
    for name, kept in home.s3.objects.items():
        if name.startswith("chains/"):
            kept[-1]["Body"] = kept[-1]["Body"].replace(old, new)


def add(home: LogHome, count: int = 6, minutes: int = 0) -> None:
    """Archive an incident after the newest checkpoint. `minutes`: how long before the checkpoint it began."""
    at = home.clock() - timedelta(minutes=minutes)
    home.write(
        KEY, *link(Stamp(KEY, incident_id(at, "late"), "ringfence", "attempt", at), None, notes(count))
    )


def test_entries_that_are_newer_than_the_checkpoint_are_counted(home: LogHome, tmp_path: Path) -> None:
    home.clock.wait(minutes=4)
    add(home)
    add(home, count=2, minutes=44)
    copied(home, tmp_path)
    done = script(tmp_path, home.signer.key.text)
    assert (done.returncode, done.stderr) == (0, "")
    newest = next(home.files.checkpoints()).at
    assert done.stdout == (
        "306 entries and 306 leaves are sound; 8 entries are newer than the checkpoint of "
        f"{newest:%Y-%m-%d %H:%M:%S} UTC\n"
    )


def test_the_script_explains_itself(home: LogHome, tmp_path: Path) -> None:
    told = script("--help")
    assert told.returncode == 0
    assert "python verify_log.py copy 'NAME+ID+KEY'" in told.stdout
    for words, why in (
        ((tmp_path,), "required: KEY"),
        ((tmp_path, "a+b"), "KEY: "),
        ((tmp_path, home.signer.key.text), "has no log/checkpoint"),
    ):
        done = script(*words)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert why in done.stderr


def before_the_last(home: LogHome) -> None:
    """Take the leaf of an entry away from a log that then gets the leaf of the next one."""
    at = home.clock()
    incident = incident_id(at, "late")
    entries = link(Stamp(KEY, incident, "ringfence", "attempt", at), None, notes(2))
    home.archive.keep(KEY.text, entries)
    home.sequence.append([Leaf.of(KEY.text, sort_key(incident, 1), entries[1]).text])
    home.publish()


def lost(home: LogHome) -> None:
    """Remove what waits for the log."""
    add(home)
    for key in [one for one in home.dynamo.control if one.startswith(LOG_LEAVES) and one.endswith("306")]:
        del home.dynamo.control[key]
    home.publish()


CHANGES: dict[str, Callable[[LogHome], object]] = {
    "its hash does not match": lambda home: entry(home, b"reason 3", b"reason 4"),
    "maximum recursion depth exceeded": lambda home: entry(home, b'{"body"', b"[" * 100_000 + b'{"body"'),
    "surrogates not allowed": lambda home: entry(home, b"reason 3", b"reason \\ud800"),
    "not subscriptable": lambda home: entry(home, b'{"body"', b'0\n{"body"'),
    "the log has another version of it": lambda home: entry(home, b'"mac":""', b'"mac":"x"'),
    "it is not in the log": lambda home: add(home, minutes=46),
    "the entry before it is not in the log": before_the_last,
    "leaf 306 is not an entry": lost,
    "entries/000 is missing": lambda home: [
        home.s3.objects.pop(name) for name in list(home.s3.objects) if name.startswith("log/tile/entries")
    ],
    "in the log, but not in the archive": lambda home: [
        home.s3.objects.pop(name) for name in list(home.s3.objects) if LATER in name
    ],
    "do not have the signed root": lambda home: [
        home.s3.put_object(Key=name, Body=kept[-1]["Body"].replace(b"000001", b"000009"))
        for name, kept in list(home.s3.objects.items())
        if name.startswith("log/tile/entries")
    ],
    "its signature does not fit": lambda home: home.s3.put_object(
        Key="log/checkpoint", Body=home.s3.objects["log/checkpoint"][-1]["Body"].replace(b"306", b"305")
    ),
}


@pytest.mark.parametrize("words", CHANGES)
def test_the_script_names_what_was_changed(home: LogHome, tmp_path: Path, words: str) -> None:
    CHANGES[words](home)
    copied(home, tmp_path)
    done = script(tmp_path, home.signer.key.text)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


SEQUENCE = "\x1b[2K\rsound"
"""What a terminal obeys: it erases the line and writes another word."""


@pytest.mark.parametrize("where", ["chain", "entry"])
def test_no_name_in_the_archive_reaches_the_terminal_as_it_is(
    home: LogHome, tmp_path: Path, where: str
) -> None:
    copied(home, tmp_path)
    file = next(path for path in sorted(tmp_path.glob("chains/**/*.jsonl")))
    first, *more = file.read_text("utf-8").splitlines()
    line = json.dumps({**json.loads(first), "hash": "", where: SEQUENCE})
    file.write_text("\n".join([line, *more]), "utf-8")
    done = script(tmp_path, home.signer.key.text)
    assert (done.returncode, "\x1b" in done.stderr + done.stdout) == (1, False)
    assert done.stderr.startswith("NOT SOUND: ")
    assert r"\x1b[2K\rsound" in done.stderr


def test_no_name_of_a_file_reaches_the_terminal_as_it_is(home: LogHome, tmp_path: Path) -> None:
    copied(home, tmp_path / SEQUENCE)
    shutil.rmtree(tmp_path / SEQUENCE / "log/tile/entries")
    done = script(tmp_path / SEQUENCE, home.signer.key.text)
    assert (done.returncode, "\x1b" in done.stderr + done.stdout) == (1, False)
    for name in ("verify_log.py", "verify_bundle.py"):
        done = script(tmp_path / SEQUENCE / "none", home.signer.key.text, name=name)
        assert (done.returncode, "\x1b" in done.stderr + done.stdout) == (2, False)
