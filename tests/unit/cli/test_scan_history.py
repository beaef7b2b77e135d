"""`ringfence scans list` reads the scores of scheduled scans from the deployment's table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from tests.support.fakes.audit_home import CONTROL
from tests.support.json_forms import check
from tests.support.transcripts.log import audit_log, scores

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("scans", "list")


@pytest.fixture(scope="module", autouse=True)
def _log() -> Iterator[None]:
    with audit_log():
        yield


def typed(*words: str) -> str:
    done = CliRunner(env={"RINGFENCE_CONTROL_TABLE": CONTROL}).invoke(main, [*WORDS, *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_each_scan_is_a_row_the_newest_first() -> None:
    newest, *_, oldest = (line.split("\t") for line in typed().splitlines())
    assert newest[1:] == ["none", "1101", "260", "3", "510", "6", "1", "40"]
    assert oldest[0] == scores().scans[0].scan
    assert oldest[1] == "87.9"


def test_the_number_of_scans_can_be_chosen() -> None:
    assert len(typed("--last", "2").splitlines()) == 2


def test_json_has_its_form() -> None:
    words = (*WORDS, "--json")
    printed = typed("--json")
    check(words, printed)
    assert [json.loads(line) for line in printed.splitlines()] == [one.value for one in scores().scans[::-1]]


def test_without_a_scan_the_answer_fits_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.cli.scan_history.scans_of", lambda _: ())
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    lines = typed().splitlines()
    assert lines[0].startswith("No scheduled scan has ended.")
    assert max(map(len, lines)) <= 60


def test_scans_since_a_time_are_all_listed() -> None:
    scans = [one.scan for one in scores().scans]
    assert [one.partition("\t")[0] for one in typed("--since", scans[1]).splitlines()] == scans[:0:-1]
    last = typed("--since", scans[1], "--last", "1").splitlines()
    assert [one.partition("\t")[0] for one in last] == scans[-1:]
    done = CliRunner(env={"RINGFENCE_CONTROL_TABLE": CONTROL}).invoke(main, [*WORDS, "--since", "2099-01-01"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "No scheduled scan began since then.\n"
