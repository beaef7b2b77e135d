"""Each offline command follows the policy's `mappings`, and they agree about a finding of another product."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE
from ringfence.local.samples.security_hub import asff, imported
from tests.support.json_forms import check

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FALCON = "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon"
BASE = "version: 1\nscope: {accounts: [home]}\ndefault: auto\n"
MAPPED = f"""{BASE}mappings:
  - {{product: inspector, runbook: "off"}}
  - {{product: "*/crowdstrike/*", finding: "TTPs/*", runbook: contain-instance}}
"""


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.json"
    finding = asff(ProductArn=FALCON, Types=["TTPs/Command and Control/Beacon"])
    path.write_text(json.dumps(imported(finding)), encoding="utf-8")
    return path


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def run(*words: str | Path) -> Result:
    typed = list(map(str, words))
    result = CliRunner().invoke(main, typed, catch_exceptions=False)
    check(typed, result.stdout)
    return result


def test_every_offline_command_names_the_mapped_runbook(tmp_path: Path, event: Path) -> None:
    policy = written(tmp_path, "policy.yaml", MAPPED)
    explained = json.loads(run("explain", event, "--policy", policy, "--json").stdout)
    assert (explained["runbook"], explained["mode"]) == ("contain-instance", "approve")
    assert "entry 2 of the policy's `mappings` is about crowdstrike-falcon" in explained["reason"]

    shown = json.loads(run("policy", "show", event, "--policy", policy, "--json").stdout)
    assert (shown["runbook"], shown["mode"]) == ("contain-instance", "approve")
    assert shown["subject"] == f"instance/{ACCOUNT}/eu-west-1/{INSTANCE}"

    replayed = json.loads(run("replay", event, "--policy", policy, "--json").stdout)
    assert replayed["runbooks"] == {"contain-instance": {"approve": 1}}
    assert replayed["not_answered"] == {}


def test_a_change_of_the_mappings_is_a_difference(tmp_path: Path, event: Path) -> None:
    old, new = written(tmp_path, "old.yaml", BASE), written(tmp_path, "new.yaml", MAPPED)
    result = run("policy", "diff", old, new, "--events", event, "--json")
    assert result.exit_code == 1
    changed: dict[str, Any] = {
        one["runbook"]: (one["old"], one["new"]) for one in map(json.loads, result.stdout.splitlines())
    }
    assert changed == {"contain-instance": ("off", "approve"), "report-findings": ("notify", "off")}

    replayed = json.loads(run("replay", event, "--policy", old, "--against", new, "--json").stdout)
    assert ("off", "approve") in {(one["from"], one["to"]) for one in replayed["changed"]}


def test_without_an_entry_the_shipped_table_decides_and_explain_says_so(tmp_path: Path, event: Path) -> None:
    policy = written(tmp_path, "policy.yaml", BASE)
    told = run("explain", event, "--policy", policy).stdout
    assert "no entry of the policy's `mappings` is about crowdstrike-falcon: the shipped table" in told


def test_an_event_that_no_runbook_answers_is_said_to_be_one(tmp_path: Path, event: Path) -> None:
    none = BASE + 'mappings: [{product: "*", runbook: "off"}]\n'
    result = run("policy", "show", event, "--policy", written(tmp_path, "policy.yaml", none))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No runbook answers what" in result.stderr
    assert "ringfence explain FILE" in result.stderr
