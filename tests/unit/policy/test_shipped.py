"""The shipped policies: each is valid, each rule has its reason, and a file can extend one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.extend import SHIPPED as FOLDER
from ringfence.policy.file import load_policy
from ringfence.policy.schema import SHIPPED
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.worlds import REF, finding

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.policy.file import PolicyFile
    from ringfence.policy.policy import Policy

HEAD = 'version: 1\nscope: {accounts: [home, "111122223333"]}\n'


def loaded(tmp_path: Path, text: str) -> PolicyFile:
    path = tmp_path / "policy.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_policy(path, CATALOGUE)


def extending(tmp_path: Path, name: str, more: str = "") -> Policy:
    return policy_from_json(loaded(tmp_path, f"extends: {name}\n{more}").compile(REF.account))


def mode(policy: Policy, runbook: str, type_: str, severity: float) -> Mode:
    about = replace(finding().finding, type=type_, severity=severity)
    return decide(policy, runbook, about, REF).mode


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_policy_contains_what_an_own_threat_list_reports_without_a_person(
    tmp_path: Path, name: str
) -> None:
    policy = extending(tmp_path, name)
    found = {
        mode(policy, runbook, type_, severity)
        for runbook, type_, severity in everything()
        if type_.endswith(".Custom")
    }
    assert found
    assert found <= {Mode.APPROVE, Mode.DRY_RUN, Mode.NOTIFY}


def test_each_file_of_the_folder_can_be_extended() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_is_valid_and_each_rule_has_a_name_and_a_reason(tmp_path: Path, name: str) -> None:
    loaded(tmp_path, (FOLDER / f"{name}.yaml").read_text("utf-8"))
    policy = extending(tmp_path, name)
    assert policy.rules
    assert all(rule.name and rule.reason for rule in policy.rules)
    assert len({rule.name for rule in policy.rules}) == len(policy.rules)


def everything() -> list[tuple[str, str, float]]:
    """Return each runbook and type that it answers, with each level of severity."""
    return [
        (id_, type_, severity)
        for id_, runbook in CATALOGUE.items()
        for trigger in runbook.triggers
        for type_ in trigger.types
        for severity in (1.0, 4.0, 7.0, 9.0)
    ]


def test_the_cautious_policy_changes_nothing_without_a_person(tmp_path: Path) -> None:
    policy = extending(tmp_path, "cautious")
    modes = {mode(policy, *one) for one in everything()}
    assert modes == {Mode.DRY_RUN, Mode.APPROVE}


def test_each_policy_permits_no_less_than_the_more_cautious_one(tmp_path: Path) -> None:
    policies = [extending(tmp_path, name) for name in SHIPPED]
    for one in everything():
        freedoms = [mode(policy, *one).freedom for policy in policies]
        assert freedoms == sorted(freedoms), one


def test_the_balanced_policy_acts_on_severe_findings_with_known_indicators_only(tmp_path: Path) -> None:
    policy = extending(tmp_path, "balanced")
    acting = {
        type_ for id_, type_, severity in everything() if mode(policy, id_, type_, severity) is Mode.AUTO
    }
    assert not {one for one in acting if "AnomalousBehavior" in one or "Reputation" in one or "Tor" in one}
    assert "Trojan:EC2/DGADomainRequest.B" not in acting
    assert "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS" not in acting
    assert {"Backdoor:EC2/C&CActivity.B!DNS", "CryptoCurrency:Runtime/BitcoinTool.B"} <= acting
    contain = "contain-instance"
    assert mode(policy, contain, "Backdoor:EC2/C&CActivity.B", 5.0) is Mode.APPROVE
    assert mode(policy, contain, "UnauthorizedAccess:EC2/SSHBruteForce", 2.0) is Mode.DRY_RUN


def test_the_rules_of_a_file_come_before_those_that_it_extends(tmp_path: Path) -> None:
    mine = 'rules: [{name: mine, finding: "Backdoor:*", mode: notify}]\ndefault: "off"\n'
    policy = extending(tmp_path, "balanced", mine)
    assert policy.rules[0].name == "mine"
    assert mode(policy, "contain-instance", "Backdoor:EC2/C&CActivity.B", 8.0) is Mode.NOTIFY
    assert policy.default is Mode.OFF
    file = loaded(tmp_path, f"extends: balanced\n{mine}")
    assert [(one.file, one.line, one.index) for one in file.origins][:2] == [
        ("policy.yaml", 4, 0),
        ("functions/ringfence/policy/shipped/balanced.yaml", 11, 0),
    ]
    assert len(file.origins) == len(policy.rules)


def test_a_decision_shows_the_reason_of_its_rule(tmp_path: Path) -> None:
    policy = extending(tmp_path, "balanced")
    decision = decide(policy, "contain-instance", finding().finding, REF)
    assert decision.reason == (
        'policy rule "command and control" sets mode auto: high, and the address or domain is a known '
        "command-and-control server"
    )
