"""The page of a scan: exemptions with owner and expiry, and what Ringfence changed in a period."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ringfence.cli.main import main
from ringfence.cli.scan_sections import exempted, fixed
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.file import load_policy
from ringfence.record.facts import Intended, Outcome
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.audit_home import AUDIT, CONTROL
from tests.support.transcripts.log import CONTAINED, PERIOD, RELEASED, audit_log, chains, scores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ALL = [entries for key, entries in chains() if key.runbook in CATALOGUE]
POLICY = """\
version: 1
scope: {accounts: ["111122223333"]}
default: dry-run
exempt:
  - {subject: "bucket/*/*/open", reason: public by contract, owner: web@example.com, expires: 2027-11-30}
  - {subject: "bucket/*/*/soon", reason: <b>until the move</b>, owner: web@example.com, expires: 2026-12-15}
  - {subject: "bucket/*/*/gone", reason: a test, owner: web@example.com, expires: 2026-11-29}
  - {subject: "bucket/*/*/ever", reason: nobody knows}
"""


@pytest.fixture(scope="module", autouse=True)
def log() -> Iterator[None]:
    with audit_log():
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    item = {"accountId": "111122223333", "awsRegion": "eu-west-1", "resourceId": "b", "configuration": {}}
    (tmp_path / "items.json").write_text(json.dumps([{**item, "resourceType": "AWS::S3::Bucket"}]), "utf-8")
    return tmp_path


def scan(*words: str) -> Result:
    return CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT, "RINGFENCE_CONTROL_TABLE": CONTROL}).invoke(
        main, ["scan", "items.json", *words]
    )


def test_exemptions_are_listed_with_their_state_the_expired_ones_first(folder: Path) -> None:
    policy = policy_from_json(load_policy(folder / "policy.yaml", CATALOGUE).compile("111122223333"))
    assert [(one.exempt.subject[-4:], one.words, one.state) for one in exempted(policy, NOW)] == [
        ("gone", "expired", "none"),
        ("soon", "expires soon", "unread"),
        ("open", "holds", "passed"),
        ("ever", "holds", "unread"),
    ]
    assert exempted(None, NOW) == ()


def test_every_change_that_was_made_is_listed_and_none_of_a_release() -> None:
    found = list(fixed(ALL))
    assert found
    assert not any(each.undo for one in found for each in one.changes)
    applied = sum(isinstance(one.fact, Outcome) for entries in ALL for one in entries)
    assert sum(len(one.changes) for one in found) <= applied
    (contained,) = (one for one in found if one.incident == CONTAINED)
    intended = [
        one.fact.step.describe()
        for entries in ALL
        for one in entries
        if one.incident == CONTAINED and isinstance(one.fact, Intended)
    ]
    assert sorted(one.words for one in contained.changes) == sorted(intended)
    assert {one.record for one in found} == {""}
    assert contained.verified


def test_a_chain_that_was_altered_is_named_beside_its_changes() -> None:
    entries = next(one for one in ALL if one[0].incident == CONTAINED)
    altered = (*entries[:-1], replace(entries[-1], body=entries[-1].body.replace("complete", "COMPLETE")))
    assert {one.record.split(":")[0] for one in fixed([altered])} == {"VERIFICATION FAILED"}


def test_the_page_shows_both(folder: Path) -> None:
    done = scan("--html", "page.html", "--changes-since", PERIOD[1])
    assert done.exit_code == 0, done.output
    page = (folder / "page.html").read_text("utf-8")
    assert "Exemptions of the policy" in page
    assert "&lt;b&gt;until the move&lt;/b&gt;" in page
    assert "What Ringfence changed, 2026-01-01 to " in page
    assert CONTAINED in page
    assert RELEASED in page
    scan("--html", "page.html", "--changes-since", PERIOD[1], "--changes-until", "2026-01-02")
    assert "Nothing was changed." in (folder / "page.html").read_text("utf-8")
    scan("--html", "page.html")
    assert "What Ringfence changed" not in (folder / "page.html").read_text("utf-8")


def test_the_page_shows_the_scores_of_scheduled_scans(folder: Path) -> None:
    done = scan("--html", "page.html", "--scores")
    assert done.exit_code == 0, done.output
    page = (folder / "page.html").read_text("utf-8")
    assert 'aria-label="Scores of 3 scheduled scans: from 87.9 to 88.2, the newest 88.2.' in page
    assert page.count("<circle cx=") == len([one for one in scores().scans if one.score is not None])
    scan("--html", "page.html")
    assert "Score over time" not in (folder / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scores",), "--scores: needs --html"),
        (("--changes-since", "7d"), "--changes-since: needs --html"),
        (("--html", "x.html", "--changes-until", "2026-01-01"), "--changes-until: needs --changes-since"),
        (
            ("--html", "x.html", "--changes-since", "2026-02-01", "--changes-until", "2026-01-01"),
            "must not be before --since",
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_bad_input_names_the_option(words: tuple[str, ...], said: str) -> None:
    done = scan(*words)
    assert done.exit_code == 2
    assert said in done.stderr
