"""The specification of the audit log: its vectors are what the code writes, and its script works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ringfence.record.chain import link
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
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script that cannot import Ringfence."""


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


def script(folder: Path, key: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a script of ours
        [sys.executable, "-I", "-c", ALONE, str(DOCS / "verify_log.py"), str(folder), key],
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


def entry(home: LogHome, old: bytes, new: bytes) -> None:
    for name, kept in home.s3.objects.items():
        if name.startswith("chains/"):
            kept[-1]["Body"] = kept[-1]["Body"].replace(old, new)


CHANGES: dict[str, Callable[[LogHome], object]] = {
    "its hash does not match": lambda home: entry(home, b"reason 3", b"reason 4"),
    "not in the log": lambda home: entry(home, b'"mac":""', b'"mac":"x"'),
    "in the log, but not in the archive": lambda home: [
        home.s3.objects.pop(name) for name in list(home.s3.objects) if LATER in name
    ],
    "do not have the signed root": lambda home: [
        home.s3.put_object(Key=name, Body=kept[-1]["Body"].replace(b"000001", b"000009"))
        for name, kept in list(home.s3.objects.items())
        if name.startswith("log/tile/entries")
    ],
    "InvalidSignature": lambda home: home.s3.put_object(
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
