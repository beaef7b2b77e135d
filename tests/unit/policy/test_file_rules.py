"""What rules, exemptions and protected entries of a policy file compile to, and the errors in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.discovery import folders_in, module_of
from ringfence.model.told_sources import TOLD
from ringfence.policy.check_rules import event_sources
from ringfence.policy.circumstances import AccountFacts, Circumstances
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import UNDECIDED, decide
from ringfence.policy.file import InvalidPolicy, compile_policy, load_policy
from ringfence.policy.protection import Exempt
from ringfence.policy.rules import Rule
from ringfence.policy.windows import Window
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.worlds import REF, finding

if TYPE_CHECKING:
    from pathlib import Path

HOME = "111122223333"
FULL = """\
version: 1
scope: {accounts: [home], regions: [eu-west-1, us-east-1]}
protected:
  - subject: iam-role/*/*/break-glass
    reason: the way in if all else fails
    owner: platform
    expires: 2027-12-31
rules:
  - name: everything
    runbook: contain-*
    remediations: [isolate-instance]
    finding: "CryptoCurrency:*"
    severity: {from: medium, to: 8.5}
    accounts: [home]
    regions: [eu-west-1]
    organizational-units: [ou-1234-abcdefgh, Workloads/*]
    account-tags: {env: prod*}
    sources: [aws.guardduty]
    affects: workload
    during:
      - zone: Europe/Berlin
        weekdays: [mon-wed, fri]
        hours: ["09:00-17:30", "22:00-06:00"]
        holidays: [2026-12-25]
      - zone: UTC
    mode: dry-run
exempt:
  - {subject: bucket/*/*/www, reason: a website, owner: web, expires: "2027-01-31"}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_field_of_a_rule_is_compiled(tmp_path: Path) -> None:
    policy = policy_from_json(compile_policy(written(tmp_path, FULL), HOME, CATALOGUE))
    assert policy.rules == (
        Rule(
            Mode.DRY_RUN,
            "contain-*",
            "CryptoCurrency:*",
            4.0,
            (HOME,),
            "everything",
            max_severity=8.5,
            remediations=("isolate-instance",),
            regions=("eu-west-1",),
            sources=("aws.guardduty",),
            affects="workload",
            units=("ou-1234-abcdefgh", "Workloads/*"),
            account_tags=(("env", "prod*"),),
            during=(
                Window("Europe/Berlin", (0, 1, 2, 4), ((540, 1050), (1320, 360)), ("2026-12-25",)),
                Window("UTC"),
            ),
        ),
    )
    assert policy.exempt == (
        Exempt(
            "iam-role/*/*/break-glass",
            "the way in if all else fails",
            owner="platform",
            expires="2027-12-31",
            protected=True,
        ),
        Exempt("bucket/*/*/www", "a website", owner="web", expires="2027-01-31"),
    )


def test_the_compiled_policy_says_what_must_not_run_without_what(tmp_path: Path) -> None:
    policy = policy_from_json(compile_policy(written(tmp_path, FULL), HOME, CATALOGUE))
    together = dict(dict(policy.runbooks)["contain-instance"].together)
    assert "cut-tracked-flows" in together["isolate-instance"]


WRONG = """\
version: 1
scope: {accounts: [home], regions: [eu-west-1]}
rules:
  - mode: auto
    runbook: contain-instance
    remediations: [isolate-instanse]
    severity: {from: high, to: medium}
  - mode: auto
    regions: [us-east-1]
    sources: [aws.guardduti]
    affects: robots
  - mode: atuo
    account-tags: {}
    during:
      - {zone: Europe/Berln, hours: ["09:00-09:00", "9-17"], weekdays: [monday], holidays: [2026-02-30]}
      - hours: ["09:00-17:00"]
protected:
  - {subject: "iam-role/*/*/admin", reason: r}
  - {subject: "iam-rolle/*/*/admin", reason: r, owner: o, expires: 2026-02-31}
exempt:
  - {subject: "bucket/*/*/www", reason: r, expires: tomorrow}
severities: {}
"""


def test_every_error_in_a_rule_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, WRONG), CATALOGUE)
    assert [(flaw.line, flaw.field) for flaw in caught.value.flaws] == [
        (6, "rules[0].remediations[0]"),
        (7, "rules[0].severity"),
        (9, "rules[1].regions[0]"),
        (10, "rules[1].sources[0]"),
        (11, "rules[1].affects"),
        (12, "rules[2].mode"),
        (13, "rules[2].account-tags"),
        (15, "rules[2].during[0].zone"),
        (15, "rules[2].during[0].hours[0]"),
        (15, "rules[2].during[0].hours[1]"),
        (15, "rules[2].during[0].weekdays[0]"),
        (15, "rules[2].during[0].holidays[0]"),
        (16, "rules[2].during[1].zone"),
        (18, "protected[0].owner"),
        (19, "protected[1].subject"),
        (19, "protected[1].expires"),
        (21, "exempt[0].expires"),
        (22, "severities"),
    ]


@pytest.mark.parametrize(
    "suggestion",
    ["isolate-instance", "aws.guardduty", "auto", "Europe/Berlin"],
)
def test_a_misspelled_name_is_told_with_the_one_that_was_meant(tmp_path: Path, suggestion: str) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, WRONG), CATALOGUE)
    assert f"(did you mean {suggestion}?)" in str(caught.value)


def test_a_misspelled_managed_rule_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    text = "version: 1\nscope: {accounts: [home]}\nconfig-rules: {ours: restricted-shh}\n"
    with pytest.raises(InvalidPolicy, match=r"did you mean restricted-ssh\?"):
        load_policy(written(tmp_path, text), CATALOGUE)


@pytest.mark.parametrize("source", sorted(TOLD))
def test_a_rule_can_be_about_findings_that_only_mappings_lead_to_a_runbook(
    tmp_path: Path, source: str
) -> None:
    rule = f"{{mode: dry-run, runbook: contain-instance, finding: C2/*, sources: [{source}]}}"
    text = f"version: 1\nscope: {{accounts: [home]}}\nrules: [{rule}]\n"
    policy = policy_from_json(compile_policy(written(tmp_path, text), HOME, CATALOGUE))
    sent = replace(finding().finding, source=source, type="C2/Beacon")
    assert decide(policy, "contain-instance", sent, REF).mode is Mode.DRY_RUN


@pytest.mark.parametrize("field", ["sources: [ringfence.intakes]", "finding: C2/*"])
def test_a_rule_about_such_findings_names_an_existing_source(tmp_path: Path, field: str) -> None:
    text = f"version: 1\nscope: {{accounts: [home]}}\nrules: [{{mode: dry-run, {field}}}]\n"
    with pytest.raises(InvalidPolicy):
        load_policy(written(tmp_path, text), CATALOGUE)


def test_a_rule_can_name_every_source_whose_events_are_read() -> None:
    triggers = [module_of(f"ringfence.events.{one}", "trigger") for one in folders_in("ringfence.events")]
    sources = {str(vars(one)["SOURCE"]) for one in triggers if one and "SOURCE" in vars(one)}
    assert TOLD < sources <= event_sources(CATALOGUE.values())


ORGANIZATION = """\
version: 1
scope: {accounts: [home, "222233334444"]}
default: notify
rules:
  - {mode: auto, organizational-units: [Sandbox/*], account-tags: {env: dev*}}
organization:
  home: {units: [ou-1, Sandbox/Team], tags: {env: development, empty: ""}}
"""


def test_what_the_file_says_of_the_organization_decides_and_the_rest_is_not_known(tmp_path: Path) -> None:
    policy = policy_from_json(compile_policy(written(tmp_path, ORGANIZATION), HOME, CATALOGUE))
    tags = (("empty", ""), ("env", "development"))
    assert policy.organization == (AccountFacts(HOME, ("ou-1", "Sandbox/Team"), tags),)
    there = replace(REF, account="222233334444")
    modes = [decide(policy, "contain-instance", finding().finding, ref).mode for ref in (REF, there)]
    assert modes == [Mode.AUTO, UNDECIDED]


def test_what_aws_says_of_the_organization_counts_more_than_the_file(tmp_path: Path) -> None:
    policy = policy_from_json(compile_policy(written(tmp_path, ORGANIZATION), HOME, CATALOGUE))
    moved = Circumstances(accounts=(AccountFacts(HOME, ("Workloads",), (("env", "dev"),)),))
    assert decide(policy, "contain-instance", finding().finding, REF, moved).mode is Mode.NOTIFY


def test_an_account_of_the_organization_must_be_an_account(tmp_path: Path) -> None:
    text = ORGANIZATION.replace("  home: {units", "  production: {units")
    with pytest.raises(InvalidPolicy, match="12-digit account id"):
        load_policy(written(tmp_path, text), CATALOGUE)
