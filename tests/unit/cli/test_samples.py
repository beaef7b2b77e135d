"""`ringfence samples`: files and lines, choices, and what is bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.engine.replay import read_findings
from ringfence.events.envelope import NotForUs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from ringfence.model.finding import Finding

NAMED = re.compile(r"arn:aws:(?:iam::\d+:(?:user|role)/|s3:::|eks:.*:cluster/)([^/]+)")
C2 = "Backdoor:EC2/C&CActivity.B"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["samples", *words])


def findings(*words: str) -> list[Finding]:
    result = run(*words)
    assert result.exit_code == 0, result.output
    read = [read_findings(json.loads(line)) for line in result.stdout.splitlines()]
    return [one for found in read if not isinstance(found, NotForUs) for one in found]


def test_without_a_folder_there_is_one_event_on_each_line_and_ids_are_new_each_time() -> None:
    first, second = findings("--type", C2), findings("--type", C2)
    assert [one.type for one in first] == [C2]
    assert first[0].id != second[0].id


def test_a_sample_can_be_about_a_resource_of_ones_own() -> None:
    where = ("--account", "444455556666", "--region", "ap-southeast-2")
    (one,) = findings("--type", C2, *where, "--resource", "i-0fffffffffffffff0")
    assert [ref.key for ref in one.subjects] == ["instance/444455556666/ap-southeast-2/i-0fffffffffffffff0"]


def test_a_sample_about_a_resource_of_ones_own_does_not_invent_a_name_for_it() -> None:
    event = json.loads(run("--type", C2, "--resource", "i-0fffffffffffffff0").stdout)
    assert event["detail"]["resource"]["instanceDetails"]["tags"] == []
    assert "sample-instance" in run("--type", C2).stdout


def test_a_sample_is_about_the_account_and_region_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCOUNT_ID", "444455556666")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    (one,) = findings("--type", "Backdoor:EC2/C&CActivity.B")
    assert (one.account, one.region) == ("444455556666", "eu-north-1")


def test_only_marked_samples_are_samples() -> None:
    assert [one.sample for one in findings("--type", C2)] == [False]
    assert [one.sample for one in findings("--type", C2, "--mark")] == [True]


def test_a_runbook_and_all_types_can_be_chosen() -> None:
    few, all_of = (
        findings("--runbook", "contain-instance"),
        findings("--runbook", "contain-instance", "--all-types"),
    )
    assert 0 < len(few) < len(all_of)
    assert C2 in {one.type for one in all_of}


def test_files_are_written_by_runbook_and_type_and_explain_reads_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    result = run(str(folder), "--runbook", "contain-instance")
    assert result.exit_code == 0, result.output
    written = sorted(folder.rglob("*.json"))
    assert f"{len(written)} events in " in result.stdout
    assert f"ringfence explain {folder}" in result.stdout
    assert all(path.parent.name == "contain-instance" for path in written)
    policy = str(Path(__file__).resolve().parents[3] / "policy.yaml")
    explained = CliRunner().invoke(main, ["explain", str(folder), "--policy", policy, "--json"])
    assert explained.exit_code == 0, explained.output
    assert len(explained.stdout.splitlines()) == len(written)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--type", "no such type"), "must match a type of finding"),
        (("--runbook", "contain-nothing"), "must be one of contain-"),
        (("--account", "12"), "must be a 12-digit account id"),
        (("--region", "mars"), "must be a region"),
        (("--type", C2, "--resource", "my-bucket"), "--resource"),
    ],
)
def test_bad_input_is_named(words: tuple[str, ...], problem: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    result = run(str(tmp_path))
    assert result.exit_code == 2
    assert "must be empty or new" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]


def test_a_file_in_place_of_the_folder_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    result = run(str(path))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_events_that_come_in_another_way_follow_unless_something_else_was_chosen(tmp_path: Path) -> None:
    every = {json.loads(line)["file"] for line in run(str(tmp_path / "all"), "--json").stdout.splitlines()}
    folders = {Path(one).parent.name for one in every}
    assert {"security-hub", "access-analyzer"} < folders
    assert "own-system" not in folders
    one = run(str(tmp_path / "one"), "--runbook", "contain-instance")
    assert one.exit_code == 0
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"contain-instance"}


@pytest.mark.parametrize(
    ("source", "number"), [("security-hub", 6), ("access-analyzer", 2), ("own-system", 2)]
)
def test_a_source_can_be_chosen(source: str, number: int, tmp_path: Path) -> None:
    done = run(str(tmp_path / "e"), "--source", source)
    assert f"{number} events in " in done.stdout
    assert [path.name for path in (tmp_path / "e").iterdir()] == [source]


def test_a_type_can_be_chosen_of_a_source() -> None:
    lines = run("--source", "security-hub", "--type", "Config:*").stdout.splitlines()
    assert len(lines) == 2


def test_a_finding_of_ones_own_system_is_new_each_time() -> None:
    first, second = (json.loads(run("--source", "own-system").stdout.splitlines()[0]) for _ in range(2))
    assert first["id"] != second["id"]


def names_in(value: object, key: str = "") -> Iterator[str]:
    """Yield the names that people choose: of users, roles, buckets and clusters, and Name tags."""
    if isinstance(value, dict):
        if value.get("key") == "Name":
            yield value["value"]
        for name, one in value.items():
            yield from names_in(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from names_in(one, key)
    elif isinstance(value, str):
        if key in {"userName", "bucketName"}:
            yield value
        elif found := re.fullmatch(
            r"arn:aws:(?:iam::\d+:(?:user|role)/|s3:::|eks:.*:cluster/)([^/]+)", value
        ):
            yield found[1]


def test_names_are_recognizable_as_those_of_samples() -> None:
    """A sample about an instance named web could be mistaken for one's own."""
    events = [json.loads(line) for line in run("--all-types").stdout.splitlines()]
    found = {name for event in events for name in names_in(event) if "ringfence" not in name.lower()}
    assert found
    assert [one for one in found if not one.startswith("sample-")] == []
