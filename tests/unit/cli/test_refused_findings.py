"""`ringfence findings refused` lists what the policy refused, in a period, newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from tests.support.fakes.audit_home import AUDIT
from tests.support.json_forms import check
from tests.support.transcripts.log import audit_log

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("findings", "refused", "--home-account", "111122223333")


@pytest.fixture(scope="module", autouse=True)
def _log() -> Iterator[None]:
    with audit_log():
        yield


def rows(*words: str) -> list[list[str]]:
    done = CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT}).invoke(main, [*WORDS, *words])
    assert done.exit_code == 0, done.output
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_each_refusal_is_a_row_with_who_what_and_why_the_newest_first() -> None:
    first, second = rows("--since", "2026-01-01")
    assert first[1:4] == ["444455556666", "bus", "C2/Beacon"]
    assert second[:4] == [
        "2026-03-01T12:10:00Z",
        "arn:aws:sts::111122223333:assumed-role/office-ids/i-1",
        "api",
        "Recon/Scan",
    ]
    assert second[5:] == ["type", "Recon/Scan", second[7]]
    assert second[7].startswith("is no type that role office-ids")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("--since", "2026-03-01T12:10:01"), 1),
        (("--since", "2026-03-01", "--until", "2026-03-01T12:10:00"), 1),
        (("--since", "2026-01-01", "--until", "2026-02-28"), 0),
        (("--since", "2026-03-02"), 0),
    ],
)
def test_a_period_can_be_chosen_to_the_second(words: tuple[str, ...], number: int) -> None:
    assert len(rows(*words)) == number


def test_json_has_its_form() -> None:
    words = (*WORDS, "--since", "2026-01-01", "--json")
    done = CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT}).invoke(main, words)
    check(words, done.stdout)
    newest = json.loads(done.stdout.splitlines()[0])
    assert newest["who"] == "account 444455556666 (on the bus, which names no sender)"


def test_another_home_has_its_own_refusals() -> None:
    done = CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT}).invoke(
        main, ["findings", "refused", "--home-account", "999988887777", "--since", "2026-01-01"]
    )
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No finding was refused" in done.stderr
