"""`ringfence findings send --check`: files of findings are checked offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ringfence.cli.main import main
from ringfence.events.sent.form import FINDING, MOST_FINDINGS

if TYPE_CHECKING:
    from pathlib import Path

GOOD = FINDING.example()
BAD = {**GOOD, "severity": 11}


def checked(tmp_path: Path, content: object, *options: str) -> Result:
    path = tmp_path / "findings.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return CliRunner().invoke(main, ["findings", "send", "--check", *options, str(path)])


@pytest.mark.parametrize(
    ("content", "count"),
    [(GOOD, 1), ([GOOD] * 2, 2), ({"findings": [GOOD] * MOST_FINDINGS}, MOST_FINDINGS)],
    ids=["one", "list", "object"],
)
def test_a_valid_file_is_counted_in_each_form(tmp_path: Path, content: object, count: int) -> None:
    done = checked(tmp_path, content, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"checked": count})


def test_the_command_that_sends_the_file_follows(tmp_path: Path) -> None:
    lines = checked(tmp_path, GOOD).stdout.strip().splitlines()
    assert lines[0].startswith("1 finding valid")
    assert lines[-1].startswith("ringfence findings send ")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ([GOOD, BAD], "findings[1].severity"),
        ({**GOOD, "sender": "me"}, "findings[0].sender"),
        ({**GOOD, "class_uid": 2003}, "findings[0].class_uid"),
        ([], "findings"),
        ([GOOD] * (MOST_FINDINGS + 1), "findings"),
        (b"no json", "(document)"),
        (b"\xff\xfe", "(document)"),
    ],
    ids=["severity", "sender", "class", "none", "too-many", "no-json", "no-text"],
)
def test_what_is_wrong_is_named_and_nothing_is_sent(tmp_path: Path, content: object, named: str) -> None:
    done = checked(tmp_path, content)
    assert done.exit_code == 2
    assert named in done.output


def test_each_line_of_a_file_can_be_a_request(tmp_path: Path) -> None:
    lines = [{"findings": [GOOD] * MOST_FINDINGS}, GOOD, [GOOD] * 3]
    done = checked(tmp_path, "\n".join(map(json.dumps, lines)).encode() + b"\n\n", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"checked": MOST_FINDINGS + 4})


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    done = checked(tmp_path, json.dumps(GOOD).encode() + b"\n{\n")
    assert done.exit_code == 2
    assert "line 2: (document)" in done.output
    done = checked(tmp_path, "\n".join(map(json.dumps, (GOOD, BAD))).encode())
    assert "findings[0].severity" in done.output


def test_standard_input_is_checked() -> None:
    done = CliRunner().invoke(main, ["findings", "send", "--check", "-"], input=json.dumps(GOOD))
    assert done.stdout.splitlines()[-1] == "ringfence findings send -"
