"""`ringfence findings send --check`: files of findings are checked offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ringfence.cli.main import main
from ringfence.events.sent.form import FINDING, MOST_FINDINGS
from tests.support.json_forms import check

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


def test_everything_that_is_wrong_is_said_at_once_with_field_and_value(tmp_path: Path) -> None:
    renamed = {"titel" if name == "title" else name: value for name, value in GOOD.items()}
    wrong = {**renamed, "severity": "hgih", "subjects": ["instnace/111122223333/eu-west-1/i-0", "no key"]}
    done = checked(tmp_path, [GOOD, wrong])
    assert done.exit_code == 2
    first, *lines = done.stderr.splitlines()
    assert first.endswith("findings.json has 4 errors:")
    assert lines[0].startswith("findings[1].titel: is not a known field")
    assert lines[0].endswith("Did you mean title?")
    assert lines[1] == "findings[1].severity: must be a number from 0 to 10, not 'hgih'"
    assert lines[2].startswith("findings[1].subjects[1]: must be a resource KIND/ACCOUNT/REGION/ID")
    assert "'no key'" in lines[2]
    assert lines[3].startswith("findings[1].subjects[0]: ")
    assert "instnace" in lines[3]
    assert lines[3].endswith("Did you mean instance?")


def test_the_fields_are_listed_once_for_all_misspelled_ones(tmp_path: Path) -> None:
    wrong = {**{name: value for name, value in GOOD.items() if name != "title"}, "titel": "t", "nonsense": 1}
    done = checked(tmp_path, [wrong, wrong])
    assert done.stderr.count("the fields are ") == 1
    assert done.stderr.count("nonsense: is not a known field") == 2
    assert done.stderr.count("Did you mean title?") == 2


def test_a_misspelled_field_is_the_only_error_of_its_name(tmp_path: Path) -> None:
    renamed = {"typ" if name == "type" else name: value for name, value in GOOD.items()}
    done = checked(tmp_path, renamed)
    assert done.stderr.count("findings[0].") == 1
    assert done.stderr.endswith("Did you mean type?\n")


def test_everything_that_is_wrong_is_in_the_json_of_the_error(tmp_path: Path) -> None:
    done = checked(tmp_path, {**GOOD, "severity": 11, "count": 0}, "--json")
    check(("findings", "send", "--json"), done.stdout)
    error = json.loads(done.stdout)["error"]
    assert [one["field"] for one in error["all"]] == ["findings[0].severity", "findings[0].count"]
    assert error["field"] == "findings[0].severity"


def test_every_error_of_a_finding_of_ocsf_has_its_own_field(tmp_path: Path) -> None:
    wrong = {"class_uid": 2004, "severity_id": 42, "time": -1, "metadata": {}, "finding_info": {"uid": "a b"}}
    lines = checked(tmp_path, wrong).stderr.splitlines()[1:]
    assert [one.partition(":")[0] for one in lines] == [
        f"findings[0].{name}"
        for name in (
            "metadata.product",
            "finding_info.types",
            "finding_info.title",
            "severity_id",
            "time",
            "resources",
            "finding_info.uid",
        )
    ]
