"""`--json` of every command is declared. The fakes of the other tests compare what is printed with that."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ringfence.cli.main import main
from ringfence.cli.schemas.commands import FORMS, schema_of
from ringfence.cli.uninstall_view import as_document
from ringfence.handlers.removal_plans import RemovalPlan
from ringfence.self_check.findings import Problem, Report, Standing
from tests.support.commands import every
from tests.support.json_forms import check, command_of
from tests.support.transcripts.local import introduced, noticed, played, sent
from tests.support.transcripts.log import CONTAINED

ROOT = Path(__file__).resolve().parents[3]
NOT_DATA = {
    "incidents report": "it writes a page",
    "incidents export": "--format jsonl",
    "audit export": "it writes a bundle",
    "policy organization": "it prints a part of a policy file",
    "policy schema": "its output is a schema",
}
"""The commands without `--json`, and why."""


def test_every_command_has_json_or_a_reason_why_not() -> None:
    found = {
        " ".join(words): one
        for words, one in every(main)
        if not isinstance(one, click.Group) or one.invoke_without_command
    }
    without = {name for name, one in found.items() if not any("--json" in each.opts for each in one.params)}
    assert without == set(NOT_DATA)
    assert set(found) - without == set(FORMS)


@pytest.mark.parametrize("command", FORMS)
def test_a_schema_is_valid(command: str) -> None:
    Draft202012Validator.check_schema(dict(schema_of(command)))


def test_another_form_is_noticed() -> None:
    with pytest.raises(AssertionError, match="pauses --json"):
        check(("pauses", "--json"), '{"pauses": []}')
    with pytest.raises(AssertionError, match="pauses --json"):
        check(("pauses", "--json"), '{"pauses": [], "unreadable": "", "more": 1}')
    check(("pauses", "--json"), '{"error": {"kind": "usage", "message": "no", "exit_code": 2}}')
    assert command_of(("limits", "reset", "x")) == "limits reset"
    assert command_of(("limits", "--all")) == "limits"


@pytest.mark.parametrize("words", [("controls", "--json"), ("controls", "nist", "--json")])
def test_controls_have_their_form(words: tuple[str, ...]) -> None:
    check(words, CliRunner().invoke(main, words).stdout)


def test_a_self_check_and_a_removal_have_their_forms() -> None:
    problem = Problem(Standing.FAULT, "111122223333", "eu-west-1", "Ringfence-Audit", "a", "b", "c", "d")
    for words, told in (
        (("doctor", "--json"), Report((("role", 2),), (problem,)).as_json()),
        (("uninstall-plan", "--json"), as_document(RemovalPlan(True, (), (), (), ()))),
    ):
        check(words, json.dumps(told))


def test_samples_and_a_replay_have_their_forms(tmp_path: Path) -> None:
    words = ("samples", str(tmp_path / "events"), "--runbook", "harden-snapshot", "--json")
    done = CliRunner().invoke(main, words)
    assert done.stdout, done.output
    check(words, done.stdout)
    assert all(Path(json.loads(one)["file"]).exists() for one in done.stdout.splitlines())
    replay = ("replay", str(tmp_path / "events"), "--policy", str(ROOT / "policy.yaml"), "--json")
    done = CliRunner().invoke(main, replay)
    check(replay, done.stdout)
    assert json.loads(done.stdout)["events"]
    both = CliRunner().invoke(main, (*replay, "--format", "csv"))
    assert json.loads(both.stdout)["error"]["kind"] == "usage"


DRAWN = (
    (("local", "send", "--json"), sent),
    (("local", "notices", "--json"), noticed),
    (("local", "--json"), introduced),
)


def test_the_commands_of_the_local_aws_have_their_forms(capsys: pytest.CaptureFixture[str]) -> None:
    for words, draw in DRAWN:
        draw(as_json=True)
        printed = capsys.readouterr().out
        assert printed
        check(words, printed)
    check(("local", "send", "--json"), '{"sent": {"file": "a", "events": 1, "account": "1", "region": "r"}}')
    report = {"scenario": "instance", "succeeded": True, "incident": CONTAINED, **played().report}
    assert {"milestones", "audit_log", "before", "after"} <= report.keys()
    check(("demo", "--json"), json.dumps(report))
