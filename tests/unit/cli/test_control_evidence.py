"""`ringfence controls` with a policy and a period: what is on, and what the remediations changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from ringfence.cli.control_evidence import evidence, highest_modes
from ringfence.cli.main import main
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.decision import Mode
from ringfence.policy.file import load_policy
from ringfence.record.facts import Intended, Outcome
from ringfence.record.facts import Result as Results
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.compliance import framework, requirements
from ringfence.runbooks.compliance.table import CONTROLS
from ringfence.runbooks.compliance.whole import WHOLE
from tests.support.fakes.audit_home import AUDIT
from tests.support.json_forms import check
from tests.support.transcripts.log import NOW, PERIOD, audit_log, chains, environment
from tests.support.transcripts.printing import screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = """\
version: 1
scope: {accounts: ["111122223333"]}
default: dry-run
rules:
  - name: buckets
    runbook: harden-bucket
    mode: approve
"""
ALL = [entries for _, entries in chains()]


@pytest.fixture(scope="module", autouse=True)
def log() -> Iterator[None]:
    with audit_log():
        yield


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, "utf-8")
    return path


def controls(*words: str) -> Result:
    runner = CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT, **screen(None)})
    done = runner.invoke(main, ["controls", *words], obj=environment(lambda: NOW))
    if "--json" in words and done.exit_code == 0:
        check(("controls", *words), done.stdout)
    return done


def means(*words: str) -> dict[str, dict[str, Any]]:
    told = json.loads(controls("nist", "--json", *words).stdout)
    return {
        one["id"]: one for each in told["requirements"] for way in each["ways"] for one in way["remediations"]
    }


def test_the_mode_is_the_highest_one_that_the_policy_has(policy: Path) -> None:
    file = load_policy(policy, CATALOGUE, "")
    modes = highest_modes(file, "", Circumstances(datetime(2026, 11, 30, tzinfo=UTC)))
    assert modes["harden-bucket", "block-bucket-public-access"] is Mode.APPROVE
    assert modes["restore-logging", "restart-trail"] is Mode.DRY_RUN
    off = {one.id for each in CATALOGUE.values() for one in each.remediations if one.optional}
    assert off
    assert off.isdisjoint(id_ for _, id_ in modes)
    found = means("--policy", str(policy))
    assert found["block-bucket-public-access"]["mode"] == "approve"
    assert found["block-bucket-public-access"]["evidence"] is None


def test_changes_are_counted_for_the_remediations_that_make_them() -> None:
    found = evidence(ALL, CATALOGUE)
    applied = sum(
        isinstance(one.fact, Outcome) and one.fact.result == Results.APPLIED
        for entries in ALL
        for one in entries
    )
    counted = {key: one.changes for key, one in found.items()}
    assert sum(counted.values()) > 0
    assert max(counted.values()) <= applied
    for (runbook, id_), one in found.items():
        (declared,) = (each for each in CATALOGUE[runbook].remediations if each.id == id_)
        steps = {
            type(entry.fact.step)
            for entries in ALL
            for entry in entries
            if isinstance(entry.fact, Intended) and entry.incident in one.incidents
        }
        assert steps & set(declared.steps)


def test_a_release_is_no_evidence() -> None:
    released = [
        [one for one in entries if not isinstance(one.fact, Intended) or one.fact.stage == "release"]
        for entries in ALL
    ]
    assert any(isinstance(one.fact, Intended) for entries in released for one in entries)
    assert evidence(released, CATALOGUE) == {}


def test_a_period_names_the_incidents_and_a_period_without_changes_says_so() -> None:
    found = means(*PERIOD)
    changed = {id_: one["evidence"] for id_, one in found.items() if one["evidence"]["changes"]}
    assert changed
    assert all(one["incidents"] and one["last"] for one in changed.values())
    later = means("--since", "2026-03-02")
    assert {one["evidence"]["changes"] for one in later.values()} == {0}
    assert "no change in the period" in controls("nist", "--since", "2026-03-02").stdout


def test_requirements_that_no_control_is_mapped_to_are_counted_and_listed() -> None:
    told = json.loads(controls("soc2", "--json").stdout)
    mapped = {one["requirement"] for one in told["requirements"]}
    assert mapped | set(told["not_mapped"]) == set(WHOLE["soc2"])
    assert mapped.isdisjoint(told["not_mapped"])
    number = told["not_mapped"][0]
    assert f"{number}\t\t\t\tno control" in controls("soc2").stdout
    found = requirements(framework("soc2"), CONTROLS.values(), CATALOGUE.values())
    assert len(found) + len(told["not_mapped"]) == len(WHOLE["soc2"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "7d"), "--since: needs FRAMEWORK"),
        (("soc2", "--until", "2026-01-01"), "--until: needs --since"),
        (("soc2", "--since", "2026-03-02", "--until", "2026-03-01"), "--until: must not be before --since"),
        (("soc2", "--policy", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_bad_input_names_the_option(words: tuple[str, ...], said: str) -> None:
    done = controls(*words)
    assert done.exit_code == 2
    assert said in done.stderr
