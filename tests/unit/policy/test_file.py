"""What the policy file may say, what it compiles to, and how its errors are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import BadInput
from ringfence.model.runbook import Stage
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.file import BUILT_IN, InvalidPolicy, PolicyFile, compile_policy, load_policy
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.protection import Exempt, OwnRoles
from ringfence.policy.rules import Rule
from ringfence.runbooks.catalogue import CATALOGUE as REAL
from tests.support.samples.hardening import HARDEN, first_switch, second_switch
from tests.support.samples.runbooks import CATALOGUE

HOME = "111122223333"
OURS = Path(__file__).resolve().parents[3] / "policy.yaml"
FULL = """\
version: 1
scope:
  accounts: [home, "044455556666"]
  regions: [eu-west-1]
default: notify
findings: {samples: act}
rules:
  - name: miners
    finding: "CryptoCurrency:*"
    severity: high
    accounts: [home]
    mode: auto
  - runbook: contain-*
    severity: 4.5
    mode: off
runbooks:
  contain-instance:
    enable: [imds-off]
    options: {group: standby}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def flaws(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, text), CATALOGUE)
    return [(flaw.line, flaw.field) for flaw in caught.value.flaws]


def test_a_fresh_deployment_asks_or_runs_dry_in_the_home_account_and_switches_itself_on_again() -> None:
    policy = policy_from_json(compile_policy(OURS, HOME, REAL))
    first, *others = policy.rules
    assert first == Rule(Mode.AUTO, runbook="restore-delivery", name="Ringfence stays on")
    assert {rule.mode for rule in others} == {Mode.APPROVE}
    assert replace(policy, runbooks=(), own=OwnRoles(), digest="", rules=()) == Policy(
        accounts=(HOME,), default=Mode.DRY_RUN
    )


def test_a_compiled_policy_names_what_every_runbook_runs(tmp_path: Path) -> None:
    """The function need not load a remediation to know that it is not enabled."""
    text = "version: 1\nscope: {accounts: [home]}\n"
    policy = policy_from_json(compile_policy(written(tmp_path, text), HOME, CATALOGUE))
    settings = RunbookSettings(("isolate-instance", "leave-group"), (("group", "detach"),))
    assert policy.runbooks == (("contain-instance", settings),)


def test_the_examples_in_the_policy_of_a_fresh_deployment_are_valid(tmp_path: Path) -> None:
    """Examples begin with a comment sign and two spaces; without the signs they are a policy."""
    text = OURS.read_text("utf-8").replace("runbooks: {}", "runbooks:")
    text = (
        text.replace("exempt: []", "exempt:").replace("protected: []", "protected:").replace("\n#  ", "\n  ")
    )
    file = load_policy(written(tmp_path, text), REAL)
    policy = policy_from_json(file.compile(HOME))
    assert policy.regions == ("eu-west-1", "eu-central-1")
    modes = [Mode.AUTO, Mode.AUTO, Mode.AUTO, Mode.APPROVE, Mode.NOTIFY]
    assert [rule.mode for rule in policy.rules][: len(modes)] == modes
    assert [one.reason for one in policy.exempt] == ["the way in if all else fails", "the public website"]
    assert "require-tls" not in dict(policy.runbooks)["harden-bucket"].kept_dry


EVERYTHING = ("isolate-instance", "leave-group", "imds-off")


def test_a_full_policy_is_read_whole(tmp_path: Path) -> None:
    compiled = compile_policy(written(tmp_path, FULL), HOME, CATALOGUE)
    assert replace(policy_from_json(compiled), own=OwnRoles(), digest="") == Policy(
        accounts=(HOME, "044455556666"),
        regions=("eu-west-1",),
        rules=(
            Rule(Mode.AUTO, finding="CryptoCurrency:*", min_severity=7.0, accounts=(HOME,), name="miners"),
            Rule(Mode.OFF, runbook="contain-*", min_severity=4.5),
        ),
        default=Mode.NOTIFY,
        act_on_samples=True,
        runbooks=(("contain-instance", RunbookSettings(EVERYTHING, (("group", "standby"),))),),
    )


def test_a_compiled_policy_survives_json(tmp_path: Path) -> None:
    compiled = compile_policy(written(tmp_path, FULL), HOME, CATALOGUE)
    assert json.loads(json.dumps(compiled)) == compiled


RULES = """\
version: 1
scope: {accounts: [home]}
config-rules:
  team.no-open-ssh: restricted-ssh
  "no spaces": restricted-ssh
  team-buckets: s3-bucket-of-nobody
  restricted-ssh: restricted-ssh
  team-list: [restricted-ssh]
"""


def test_an_owners_names_of_rules_are_compiled(tmp_path: Path) -> None:
    text = "\n".join(RULES.splitlines()[:4])
    policy = policy_from_json(load_policy(written(tmp_path, text), REAL).compile(HOME))
    assert policy.config_rules == (("team.no-open-ssh", "restricted-ssh"),)


def test_each_wrong_name_of_a_rule_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, RULES), REAL)
    assert [flaw.line for flaw in caught.value.flaws] == [5, 6, 7, 8]
    assert "letters, digits" in caught.value.flaws[0].problem
    assert "one of approved-amis-by-id" in caught.value.flaws[1].problem
    assert "already" in caught.value.flaws[2].problem
    assert "must be the name of a managed rule" in caught.value.flaws[3].problem


def test_notices_of_a_type_that_is_new_can_be_switched_off(tmp_path: Path) -> None:
    text = (
        "{{version: 1, scope: {{accounts: [home]}}, rules: [{{{}finding: 'Impact:Bedrock/*', mode: 'off'}}]}}"
    )
    named = written(tmp_path, text.format("runbook: report-findings, "))
    assert load_policy(named, REAL).compile(HOME)
    with pytest.raises(InvalidPolicy, match="matches no finding type"):
        load_policy(written(tmp_path, text.format("")), REAL)


def test_a_policy_from_before_there_were_names_of_rules_is_read(tmp_path: Path) -> None:
    compiled = compile_policy(written(tmp_path, FULL), HOME, CATALOGUE)
    del compiled["config_rules"]
    assert policy_from_json(compiled).config_rules == ()


def test_the_built_in_policy_runs_dry() -> None:
    policy = policy_from_json(PolicyFile(BUILT_IN).compile(HOME))
    assert replace(policy, own=OwnRoles(), digest="") == Policy(accounts=(HOME,))


def test_home_is_the_account_that_is_deployed_to(tmp_path: Path) -> None:
    file = load_policy(written(tmp_path, FULL), CATALOGUE)
    assert file.speaks_of_home
    assert policy_from_json(file.compile("044455556666")).accounts == ("044455556666",)
    with pytest.raises(BadInput, match="12-digit"):
        file.compile("unknown")


@pytest.mark.parametrize(("label", "least"), [("low", 1), ("medium", 4), ("high", 7), ("critical", 9)])
def test_a_severity_may_be_a_level(tmp_path: Path, label: str, least: float) -> None:
    text = f"version: 1\nscope: {{accounts: [home]}}\nrules: [{{severity: {label}, mode: auto}}]\n"
    policy = policy_from_json(compile_policy(written(tmp_path, text), HOME, CATALOGUE))
    assert policy.rules[0].min_severity == least


def test_off_is_a_mode_and_not_a_boolean(tmp_path: Path) -> None:
    text = "version: 1\nscope: {accounts: [home]}\ndefault: off\n"
    assert policy_from_json(compile_policy(written(tmp_path, text), HOME, CATALOGUE)).default is Mode.OFF


def test_every_error_is_told_at_once_with_its_line_and_field(tmp_path: Path) -> None:
    text = """\
version: 2
scope:
  accounts: [111122223333, home, "12"]
  regions: [the moon]
default: maybe
findings: {samples: sometimes}
rules:
  - mode: aut
    severity: 11
    colour: red
  - severity: high
    runbook: contian-*
    finding: "*:EC3/*"
  - just text
runbooks:
  contain-instance:
    enable: [imds-of]
    options:
      group: leave
      grouping: detach
  harden-moon: {}
extra: 1
"""
    assert flaws(tmp_path, text) == [
        (1, "version"),
        (3, "scope.accounts[0]"),
        (3, "scope.accounts[2]"),
        (4, "scope.regions[0]"),
        (5, "default"),
        (6, "findings.samples"),
        (8, "rules[0].mode"),
        (9, "rules[0].severity"),
        (10, "rules[0].colour"),
        (11, "rules[1].mode"),
        (12, "rules[1].runbook"),
        (13, "rules[1].finding"),
        (14, "rules[2]"),
        (17, "runbooks.contain-instance.enable[0]"),
        (19, "runbooks.contain-instance.options.group"),
        (20, "runbooks.contain-instance.options.grouping"),
        (21, "runbooks.harden-moon"),
        (22, "extra"),
    ]


def test_the_message_names_the_file_and_every_error(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\nscope: {}\ndefault: on\n")
    with pytest.raises(BadInput) as caught:
        load_policy(path, CATALOGUE)
    assert str(caught.value).split("\n") == [
        f"{path}: is not a valid policy",
        f"  {path}:2:1: scope.accounts: is required",
        f"  {path}:3:1: default: must be one of {', '.join(Mode)}, not 'on'",
    ]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", [(1, "(document)")]),
        ("- a list", [(1, "(document)")]),
        ("version: 1\n", [(1, "scope")]),
        ("version: true\nscope: {accounts: [home]}", [(1, "version")]),
        ("version: 1\nscope: {accounts: []}", [(2, "scope.accounts")]),
        ("version: 1\nscope:\n", [(2, "scope")]),
        ('version: 1\nscope: {accounts: ["111122223333\\n"]}', [(2, "scope.accounts[0]")]),
        ("version: 1\nscope: {accounts: [home]}\nrules:\n", [(3, "rules")]),
        ("version: 1\nscope: {accounts: [home]}\n5: x\n", [(3, "5")]),
    ],
)
def test_a_policy_that_leaves_its_scope_open_is_refused(
    tmp_path: Path, text: str, fields: list[tuple[int, str]]
) -> None:
    assert flaws(tmp_path, text) == fields


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: [", "1:11: is not YAML"),
        ("version: 1\nversion: 2\n", "2:1: is not YAML: found duplicate key"),
        ("--- 1\n--- 2\n", "another document"),
        ("&a [*a]", "contains itself"),
        ("[" * 1000, "nested too deeply"),
        ("\x00", "1:1: is not YAML: special characters are not allowed: #x0000"),
        ("version: 1\ndefault: \x1b[1m", "2:10: is not YAML: special characters"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load_policy(written(tmp_path, text), CATALOGUE)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff")
    for name, said in (("latin", "not UTF-8"), ("none", "No such file"), (".", "directory")):
        with pytest.raises(BadInput, match=said):
            load_policy(tmp_path / name, CATALOGUE)


@given(text=st.text(alphabet=st.sampled_from("version: 1\n[]{}&*-'\"!%@#scope,accounts:home\t|>\x85\ufeff")))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput):  # no text of these pieces is a whole policy
        load_policy(path, CATALOGUE)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("version", {"version": 2}),
        ("scope", {"scope": None}),
        ("scope.accounts", {"scope": {"accounts": []}}),
        ("scope.accounts[0]", {"scope": {"accounts": ["home"]}}),
        ("default", {"default": "always"}),
        ("findings.samples", {"findings": {"samples": True, "archived": "ignore"}}),
        ("rules[0].mode", {"rules": [{"mode": "maybe", "runbook": "*", "finding": "*", "severity": 0}]}),
        ("rules[0].severity", {"rules": [{"mode": "auto", "runbook": "*", "finding": "*"}]}),
        ("runbooks", {"runbooks": []}),
    ],
)
def test_a_compiled_policy_in_doubt_is_refused(field: str, change: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        policy_from_json({**PolicyFile(BUILT_IN).compile(HOME), **change})
    assert caught.value.field == field


HARDENING = {HARDEN.id: HARDEN}
ALLOWING = """\
version: 1
scope: {accounts: [home]}
exempt:
  - subject: bucket/*/*/www
    reason: the public website
    remediations: [first-switch]
runbooks:
  harden-toy: {allow: [second-switch]}
"""


def test_what_can_break_a_workload_is_held_unless_the_policy_allows_it(tmp_path: Path) -> None:
    held = compile_policy(written(tmp_path, "version: 1\nscope: {accounts: [home]}\n"), HOME, HARDENING)
    allowed = compile_policy(written(tmp_path, ALLOWING), HOME, HARDENING)
    for compiled, expected in ((held, ("second-switch",)), (allowed, ())):
        (settings,) = (one for _, one in policy_from_json(compiled).runbooks)
        assert settings.kept_dry == expected


def test_the_compiled_policy_says_which_findings_each_remediation_answers(tmp_path: Path) -> None:
    policy = policy_from_json(compile_policy(written(tmp_path, ALLOWING), HOME, HARDENING))
    ((_, settings),) = policy.runbooks
    assert dict(settings.answers) == HARDEN.answers_by_type()
    assert policy.exempt == (Exempt("bucket/*/*/www", "the public website", "*", ("first-switch",)),)


def test_what_is_chosen_answers_no_more_where_all_else_is_left_out(tmp_path: Path) -> None:
    """The runbook's rules deliver what any of its remediations answers, chosen or not."""
    stages = (Stage("fix", "Fix", (first_switch, replace(second_switch, optional=True))),)
    runbook = replace(HARDEN, stages=stages)
    plain = written(tmp_path, "version: 1\nscope: {accounts: [home]}\n")
    policy = policy_from_json(compile_policy(plain, HOME, {runbook.id: runbook}))
    ((_, settings),) = policy.runbooks
    answers = dict(settings.answers)
    assert list(answers) == ["first-switch"]
    assert "Config:second-on" not in answers["first-switch"]


def test_what_is_also_to_be_put_right_answers_whatever_its_runbook_does(tmp_path: Path) -> None:
    text = "version: 1\nscope: {accounts: [home]}\nrunbooks: {harden-toy: {also: [first-switch]}}\n"
    policy = policy_from_json(compile_policy(written(tmp_path, text), HOME, HARDENING))
    ((_, settings),) = policy.runbooks
    narrow, wide = HARDEN.answers_by_type(), dict(settings.answers)
    assert wide["second-switch"] == narrow["second-switch"]
    assert set(wide["first-switch"]) == {name for types in narrow.values() for name in types}
    assert set(wide["first-switch"]) > set(narrow["first-switch"])


def test_what_is_off_is_not_also_put_right(tmp_path: Path) -> None:
    stages = (Stage("fix", "Fix", (first_switch, replace(second_switch, optional=True))),)
    runbooks = {HARDEN.id: replace(HARDEN, stages=stages)}
    text = "version: 1\nscope: {accounts: [home]}\nrunbooks: {harden-toy: {also: [second-switch]%s}}\n"
    with pytest.raises(InvalidPolicy, match=r"also\[0\]: is off by default; list it in `enable` too"):
        load_policy(written(tmp_path, text % ""), runbooks)
    load_policy(written(tmp_path, text % ", enable: [second-switch]"), runbooks)


def test_what_needs_no_allowance_is_told_what_does(tmp_path: Path) -> None:
    text = "version: 1\nscope: {accounts: [home]}\nrunbooks: {harden-toy: {allow: [first-switch]}}\n"
    with pytest.raises(
        InvalidPolicy,
        match=r"allow\[0\]: is not a remediation that needs `allow`; these need it: \S",
    ):
        load_policy(written(tmp_path, text), HARDENING)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("runbooks: {harden-toy: {allow: [first-switch]}}", "runbooks.harden-toy.allow[0]"),
        ("runbooks: {harden-toy: {also: [tell-of-it]}}", "runbooks.harden-toy.also[0]"),
        ("runbooks: {harden-toy: {also: [none]}}", "runbooks.harden-toy.also[0]"),
        ("exempt: [{subject: bucket/*}]", "exempt[0].reason"),
        ("exempt: [{subject: pail/x, reason: r}]", "exempt[0].subject"),
        ("exempt: [{subject: bucket/www, reason: r}]", "exempt[0].subject"),
        ("exempt: [{subject: '*', reason: r, runbook: soften-*}]", "exempt[0].runbook"),
        ("exempt: [{subject: '*', reason: r, remediations: [none]}]", "exempt[0].remediations[0]"),
        ("exempt: [{subject: vpc/*, reason: r, runbook: harden-toy}]", "exempt[0].subject"),
        ("exempt: [{subject: vpc/*, reason: r, remediations: [first-switch]}]", "exempt[0].subject"),
        ("exempt: [{subject: 'bucket/*/*/my bucket', reason: r}]", "exempt[0].subject"),
    ],
)
def test_an_allowance_or_exemption_that_never_holds_is_an_error(
    tmp_path: Path, text: str, where: str
) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, f"version: 1\nscope: {{accounts: [home]}}\n{text}\n"), HARDENING)
    assert [flaw.field for flaw in caught.value.flaws] == [where]


RULE = "version: 1\nscope: {accounts: %s}\nrules: [{mode: auto, accounts: [%s]}]\n"


@pytest.mark.parametrize(
    ("scope", "account", "home"),
    [
        ("[home]", '"444455556666"', HOME),
        ('["444455556666"]', "home", HOME),
        ('["444455556666"]', f'"{HOME}"', HOME),
        ('["444455556666"]', f'"{HOME}"', ""),
    ],
)
def test_a_rule_for_an_account_outside_the_scope_never_holds(
    tmp_path: Path, scope: str, account: str, home: str
) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, RULE % (scope, account)), CATALOGUE, home)
    assert str(caught.value.flaws[0]) == ("3:33: rules[0].accounts[0]: is not in the policy's scope")


@pytest.mark.parametrize(
    ("scope", "account", "home"),
    [
        ("[home]", f'"{HOME}"', HOME),
        ("[home]", f'"{HOME}"', ""),
        (f'["{HOME}"]', "home", HOME),
        (f'["{HOME}"]', "home", ""),
    ],
)
def test_the_home_account_may_be_named_either_way(
    tmp_path: Path, scope: str, account: str, home: str
) -> None:
    assert load_policy(written(tmp_path, RULE % (scope, account)), CATALOGUE, home)


def test_what_is_no_text_where_a_name_belongs_is_told_as_that(tmp_path: Path) -> None:
    text = """\
version: 1
scope: {accounts: [home]}
rules: [{mode: auto, accounts: [[], {}, 12]}]
exempt: [{subject: 'bucket/*', reason: r, remediations: [[], {}]}]
"""
    fields = ["rules[0].accounts[0]", "rules[0].accounts[1]", "rules[0].accounts[2]"]
    fields += ["exempt[0].remediations[0]", "exempt[0].remediations[1]"]
    assert [field for _, field in flaws(tmp_path, text)] == fields
