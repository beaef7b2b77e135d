"""`ringfence policy`: errors and warnings at once, the schema, what decides, and what differs."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from ringfence.cli.main import main
from ringfence.local.samples.config import verdict
from ringfence.policy.yaml_source import read_yaml
from tests.support.json_forms import check
from tools import policy_page

ROOT = Path(__file__).resolve().parents[3]
EVENT = ROOT / "docs" / "examples" / "guardduty-c2.json"
HEAD = "version: 1\nscope: {accounts: [home]}\n"
STAYS = "stays a dry run: it can break a workload, and no `allow` of its runbook lists it"
POLICY = """\
version: 1
scope: {accounts: [home]}
extends: balanced
protected:
  - {subject: "iam-role/*/*/ops/break-glass", reason: the last way in, owner: ops, expires: 2020-01-10}
exempt:
  - {subject: "instance/*/*/i-0fedcba9876543210", reason: a legacy system, owner: web}
rules:
  - {name: twice, finding: "Backdoor:*", mode: approve, severity: {from: low}}
  - {name: twice, finding: "Backdoor:EC2/C&C*", runbook: contain-instance, severity: high, mode: auto}
  - {finding: "Backdoor:*", severity: low, mode: notify}
  - {name: careful, finding: "CryptoCurrency:*", tags: {env: prod}, mode: approve}
  - {runbook: harden-bucket, remediations: [require-tls], mode: auto}
"""


def run(*words: str | Path) -> Result:
    typed = ["policy", *map(str, words)]
    done = CliRunner().invoke(main, typed)
    check(typed, done.stdout)
    return done


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def test_the_policy_of_a_fresh_deployment_has_neither_errors_nor_warnings() -> None:
    result = run("check", ROOT / "policy.yaml", "--strict")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("policy.yaml: 0 errors, 0 warnings\n")


def test_every_warning_is_shown_with_its_line(path: Path) -> None:
    result = run("check", path)
    assert result.exit_code == 0
    assert [line.removeprefix(f"{path}:") for line in result.output.splitlines()[:-1]] == [
        "5:84: warning: protected[0].expires: is over: the entry has no effect any more",
        '10:5: warning: rules[1]: never decides: rule "twice" before it matches all of it',
        "10:6: warning: rules[1].name: names an earlier rule too: decisions do not show which one decided",
        '11:5: warning: rules[2]: repeats rule "twice"',
        f"13:45: warning: rules[4].remediations[0]: {STAYS}",
    ]
    assert run("check", path, "--strict").exit_code == 3


@pytest.mark.parametrize(
    ("subject", "warned"),
    [
        ("iam-role/*/*/ops/*", True),
        ("iam-user/*/*/break-glass-?", True),
        ('"iam-user/*/*/t[0-9]"', True),
        ("bucket/111122223333/*/scan-*", True),
        ("iam-*/*/*/break-glass*", True),
        ("iam-role/*/*/break-glass", False),
        ("iam-role/*/*/aws-reserved/sso.amazonaws.com/*", False),
        ("instance/*/*/i-0fedcba98765432*", False),
    ],
)
@pytest.mark.parametrize("section", ["exempt", "protected"])
def test_an_exemption_of_names_that_anybody_can_choose_is_a_warning(
    tmp_path: Path, section: str, subject: str, *, warned: bool
) -> None:
    """An intruder who may create a role gives it such a name, and nothing contains it."""
    path = tmp_path / "policy.yaml"
    more = ", owner: team, expires: 2099-12-31" if section == "protected" else ""
    entry = f"{section}:\n  - {{subject: {subject}, reason: a reason{more}}}\n"
    path.write_text(f"{HEAD}{entry}", encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 0, result.output
    assert (f"{section}[0].subject: matches names that" in result.output) is warned


def test_errors_are_shown_all_at_once_for_people_and_for_programs(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"{HEAD}rulez: []\ndefault: atuo\n", encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 2
    assert f"{path}:3:1: error: rulez: is not a known field (did you mean rules?)" in result.output
    assert "2 errors, 0 warnings" in result.output
    found = json.loads(run("check", path, "--json").output)
    assert found["valid"] is False
    assert [(one["kind"], one["line"], one["field"]) for one in found["found"]] == [
        ("error", 3, "rulez"),
        ("error", 4, "default"),
    ]


def test_warnings_are_shown_together_with_errors_and_both_have_their_lines(path: Path) -> None:
    """A rule with an error decides nothing, and so it is not said to be repeated or to repeat another one."""
    before = [line for line in run("check", path).output.splitlines() if ": warning: " in line]
    lines = POLICY.splitlines()
    wrong = "  - {name: wrong, finding: 'Backdoor:*', mode: atuo}"
    place = lines.index("rules:") + 1
    path.write_text("\n".join((*lines[:place], wrong, *lines[place:], "default: atuo", "")), "utf-8")
    result = run("check", path)
    assert result.exit_code == 2
    assert "2 errors, 5 warnings" in result.output

    def moved(line: str) -> str:
        """Return a warning as it is one line and one rule further down."""
        number, rest = line.removeprefix(f"{path}:").split(":", 1)
        if int(number) <= place:
            return line
        rule = re.sub(r"rules\[(\d)\]", lambda found: f"rules[{int(found[1]) + 1}]", rest)
        return f"{path}:{int(number) + 1}:{rule}"

    assert [line for line in result.output.splitlines() if ": warning: " in line] == list(map(moved, before))
    kinds = [one["kind"] for one in json.loads(run("check", path, "--json").output)["found"]]
    assert kinds == ["error"] * 2 + ["warning"] * 5


def test_a_warning_names_another_rule_by_its_number_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    rules = ["{mode: atuo}", "{finding: 'Backdoor:*', mode: auto}", "{finding: 'Backdoor:*', mode: approve}"]
    path.write_text(HEAD + "rules:\n" + "".join(f"  - {one}\n" for one in rules), "utf-8")
    assert "warning: rules[2]: repeats rule 2" in run("check", path).output


BUCKET = "subject: bucket/*/*/www, reason: the website"
ROLE = "subject: iam-role/*/*/way-in, reason: the way in, owner: ops"


@pytest.mark.parametrize(
    ("protected", "exempt", "repeats"),
    [
        ([], [BUCKET, BUCKET], True),
        ([], [BUCKET, f"{BUCKET}, runbook: harden-bucket"], True),
        ([], [f"{BUCKET}, runbook: harden-bucket", BUCKET], False),
        ([], [f"{BUCKET}, remediations: [require-tls]", f"{BUCKET}, remediations: [version-bucket]"], False),
        ([], [f"{BUCKET}, expires: 2098-12-31", f"{BUCKET}, expires: 2097-12-31"], True),
        ([], [f"{BUCKET}, expires: 2097-12-31", f"{BUCKET}, expires: 2098-12-31"], False),
        ([], [f"{BUCKET}, expires: 2097-12-31", BUCKET], False),
        ([ROLE], [ROLE], True),
        ([ROLE, ROLE], [], True),
        ([ROLE], [BUCKET], False),
    ],
)
def test_an_entry_that_says_no_more_than_an_earlier_one_is_a_warning(
    protected: list[str], exempt: list[str], tmp_path: Path, *, repeats: bool
) -> None:
    path = tmp_path / "policy.yaml"
    lists = {"protected": protected, "exempt": exempt}
    text = "".join(f"{name}: [{', '.join(f'{{{one}}}' for one in each)}]\n" for name, each in lists.items())
    path.write_text(HEAD + text, "utf-8")
    output = run("check", path).output
    assert "0 errors" in output
    assert ("has no effect: " in output) is repeats


@pytest.mark.parametrize("text", ["[]", "version: 1\n", "version: 1\nscope: {accounts: [x]}\nrules: 3\n"])
def test_without_a_scope_there_are_errors_only(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, "utf-8")
    result = run("check", path)
    assert result.exit_code == 2
    assert "0 warnings" in result.output


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("CryptoCurency:*", "CryptoCurrency:*"),
        ("Backdor:EC2/*", "Backdoor:EC2/*"),
        ("Backdor:EC2/C&C*", "Backdoor:EC2/*"),
        ("CryptoCurrency:EC2/BitcoinTol.B", "CryptoCurrency:EC2/BitcoinTool.B"),
    ],
)
def test_a_misspelled_finding_type_is_suggested_also_for_a_glob(
    given: str, meant: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f'{HEAD}rules:\n  - {{finding: "{given}", mode: approve}}\n', encoding="utf-8")
    assert f"(did you mean {meant}?)" in run("check", path).output


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    assert run("check", tmp_path / name).exit_code == 2


def test_the_schema_is_valid_and_accepts_what_the_check_accepts(path: Path) -> None:
    schema = json.loads(run("schema").output)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for file in (path, ROOT / "policy.yaml"):
        assert list(validator.iter_errors(read_yaml(file.read_text("utf-8")).plain)) == []
    assert not validator.is_valid({"version": 1})
    assert "\\Z" not in json.dumps(schema)
    assert "must be" not in json.dumps(schema)


def test_a_finding_type_is_shown_with_the_rule_and_its_line(path: Path) -> None:
    result = run("show", "Backdoor:Runtime/C&CActivity.B", "--policy", path)
    assert result.exit_code == 0, result.output
    assert "severity low, medium, high, critical: contain-instance in mode approve" in result.output
    assert "decided by    policy.yaml:9\n" in result.output
    assert "/i-0123456789abcdef0 (an example)\n" in result.output
    found = run("show", "CryptoCurrency:EC2/BitcoinTool.B", "--policy", path, "--json").output.splitlines()
    rows = {row["severity"]: row for row in map(json.loads, found)}
    assert {severity: row["mode"] for severity, row in rows.items()} == {
        "low": "dry-run",
        "medium": "approve",
        "high, critical": "auto",
    }
    assert rows["high, critical"]["rule"] == "miners by their pool"
    assert rows["high, critical"]["cautions"] == [{"rule": "careful", "mode": "approve"}]


def test_an_event_is_shown_with_the_shipped_rule_and_what_can_lower_it(path: Path, tmp_path: Path) -> None:
    event = json.loads(EVENT.read_text("utf-8"))
    event["detail"]["type"] = "CryptoCurrency:EC2/BitcoinTool.B"
    changed = tmp_path / "event.json"
    changed.write_text(json.dumps(event), encoding="utf-8")
    result = run("show", changed, "--policy", path)
    assert result.exit_code == 0, result.output
    assert "contain-instance in mode auto" in result.output
    place = "functions/ringfence/policy/shipped/balanced.yaml:"
    assert f"decided by    {place}" in result.output
    assert "(an example)" not in result.output
    assert 'after a read  rule "careful" can lower it to approve' in result.output


def test_a_resource_is_shown_with_what_protects_it_and_the_rules_that_can_match(path: Path) -> None:
    role = run("show", "iam-role/111122223333/us-east-1/ops/break-glass", "--policy", path).output
    assert "protected: expired on 2020-01-10: the policy protects it: the last way in (owner: ops)" in role
    held = run(
        "show",
        "iam-role/111122223333/us-east-1/ops/break-glass",
        "--policy",
        path,
        "--at",
        "2020-01-09T10:00+00:00",
    )
    assert "protected: the policy protects it" in held.output
    instance = run("show", "instance/111122223333/eu-west-1/i-0fedcba9876543210", "--policy", path).output
    assert "exempt: the policy exempts it: a legacy system (owner: web) (every remediation)" in instance
    assert 'rule: policy.yaml:9: rule "twice" can set mode approve' in instance
    assert "require-tls" not in instance
    own = run("show", "iam-role/111122223333/us-east-1/ringfence-contain-instance", "--policy", path).output
    assert "it is one of Ringfence's own roles" in own


@pytest.mark.parametrize(
    "what",
    ["i-0fedcba9876543210", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0fedcba9876543210"],
)
def test_a_resource_is_shown_by_its_id_and_by_its_arn(what: str, path: Path) -> None:
    scope = "scope: {accounts: ['111122223333'], regions: [eu-west-1]}"
    path.write_text(POLICY.replace("scope: {accounts: [home]}", scope), encoding="utf-8")
    key = "instance/111122223333/eu-west-1/i-0fedcba9876543210"
    shown = run("show", what, "--policy", path).output
    assert shown == run("show", key, "--policy", path).output
    assert "exempt: the policy exempts it: a legacy system" in shown


@pytest.mark.parametrize(("role", "protected"), [("ops/break-glass", True), ("web", False)])
def test_a_role_is_shown_by_its_arn(role: str, path: Path, *, protected: bool) -> None:
    path.write_text(POLICY.replace("2020-01-10", "2099-12-31"), encoding="utf-8")
    shown = run("show", f"arn:aws:iam::111122223333:role/{role}", "--policy", path)
    assert shown.exit_code == 0, shown.output
    assert shown.output == run("show", f"iam-role/111122223333/us-east-1/{role}", "--policy", path).output
    assert ("the last way in" in shown.output) is protected


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (
            "i-0fedcba9876543210",
            "in which account and region the resource is: use instance/ACCOUNT/REGION/i-0fed",
        ),
        ("arn:aws:nonsense:::x", "is not an ARN that Ringfence knows: arn:{partition}:"),
        ("no-such-file.json", "is a file that does not exist, not 'no-such-file.json'"),
        ("./nothing", "is a file that does not exist"),
        ("SelfService", "an ARN, or an id that shows its kind"),
    ],
)
def test_what_is_not_shown_says_what_is_missing(what: str, words: str, path: Path) -> None:
    result = run("show", what, "--policy", path)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize("what", ["Nonsense:EC2/Thing", "bucket/1/2/3", "no-such-file.json"])
def test_what_is_neither_is_an_error(path: Path, what: str) -> None:
    assert run("show", what, "--policy", path).exit_code == 2


def test_two_policies_are_compared_over_all_known_types(path: Path) -> None:
    assert run("diff", path, path).exit_code == 0
    assert run("diff", path, path).output == ""
    result = run("diff", ROOT / "policy.yaml", path)
    assert result.exit_code == 1
    assert "contain-credentials, severity high, critical: " in result.output
    assert "attack sequences" in result.output


def test_a_remediation_that_the_new_policy_does_not_run_is_named_with_this_reason(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(HEAD, encoding="utf-8")
    new.write_text(
        f"{HEAD}rules: [{{name: at once, runbook: harden-bucket, mode: auto}}]\n", encoding="utf-8"
    )
    rows = [json.loads(row) for row in run("diff", old, new, "--json").output.splitlines()]
    (row,) = (one for one in rows if "Config:s3-bucket-ssl-requests-only" in one["findings"])
    assert (row["old"], row["new"]) == ("dry-run", "off"), (
        "TLS stays a dry run, so no rule is evaluated again"
    )
    assert row["reason"] == "the new policy does not run evaluate-rule"
    assert row["remediations"] == ["evaluate-rule"]
    headlines = [one for one in run("diff", old, new).output.splitlines() if one.endswith("-> off")]
    assert headlines
    assert all(one.startswith("evaluate-rule of harden-bucket, severity ") for one in headlines)
    event = tmp_path / "event.json"
    rule = verdict("s3-bucket-ssl-requests-only", "AWS::S3::Bucket", "a-bucket", "111122223333", "eu-west-1")
    event.write_text(json.dumps(rule), encoding="utf-8")
    (headline,) = run("diff", old, new, "--events", event).output.splitlines()[:1]
    assert headline.endswith(": evaluate-rule of harden-bucket dry-run -> off")


@pytest.mark.parametrize("form", ["one", "list", "lines", "gzip"])
def test_two_policies_are_compared_over_events(path: Path, tmp_path: Path, form: str) -> None:
    event = json.dumps(json.loads(EVENT.read_text("utf-8")))
    text = {"one": event, "list": f"[{event}]"}.get(form, f"{event}\n\n{event}\n")
    file = tmp_path / ("events.json.gz" if form == "gzip" else "events.json")
    file.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    plain = tmp_path / "plain.yaml"
    plain.write_text(HEAD, encoding="utf-8")
    result = run("diff", plain, path, "--events", file, "--json")
    assert result.exit_code == 1, result.output
    rows = [json.loads(row) for row in result.output.splitlines()]
    assert [(row["old"], row["new"], row["runbook"]) for row in rows] == [
        ("dry-run", "approve", "contain-instance")
    ]
    assert "isolate-instance" in rows[0]["remediations"]


def test_an_event_that_is_no_json_is_named_by_its_line(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(json.loads(EVENT.read_text("utf-8"))) + "\n{\n", encoding="utf-8")
    result = run("diff", path, path, "--events", file)
    assert result.exit_code == 2
    assert "events.json, line 2: " in result.output


def test_the_published_schema_is_current() -> None:
    assert (ROOT / "docs" / "policy-schema.json").read_text("utf-8") == run("schema").output, "run make docs"


def test_a_condition_on_an_account_of_which_nothing_is_known_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    text = f"{HEAD}rules: [{{mode: auto, organizational-units: [Sandbox]}}]\n"
    path.write_text(text, encoding="utf-8")
    assert "rules[0]: depends on accounts of which `organization` says nothing" in run("check", path).output
    path.write_text(f"{text}organization: {{home: {{units: [Sandbox]}}}}\n", encoding="utf-8")
    assert run("check", path, "--strict").exit_code == 0


def test_a_rule_of_which_it_is_not_known_whether_it_applies_is_not_called_the_one_that_decided(
    tmp_path: Path,
) -> None:
    path = tmp_path / "policy.yaml"
    rules = "rules:\n  - {mode: auto, account-tags: {env: prod}}\n  - {mode: dry-run}\n"
    path.write_text(f"{HEAD}{rules}", encoding="utf-8")
    result = run("show", "Backdoor:EC2/C&CActivity.B", "--policy", path)
    assert (
        "  decided by    what is not known. The first rule that is known to match: policy.yaml:5\n"
        in result.output
    )
    data = json.loads(
        run("show", "Backdoor:EC2/C&CActivity.B", "--policy", path, "--json").output.splitlines()[0]
    )
    assert (data["code"], data["place"]) == ("undecided", "policy.yaml:5")


def of_sender(folder: Path, function: str, entry: str) -> str:
    """Return what is said about a policy in which the role of a function may send findings."""
    path = folder / "policy.yaml"
    role = f"arn:aws:iam::111122223333:role/ringfence-{function}-function"
    sender = f"{{role: '{role}', subjects: ['*'], {entry}}}"
    text = f"version: 1\nscope: {{accounts: ['111122223333']}}\nsenders: [{sender}]\n"
    path.write_text(text, encoding="utf-8")
    return run("check", path).output


@pytest.mark.parametrize(
    ("function", "mode", "warned"),
    [
        ("activity", "auto", True),
        ("activity", "auto-unless-vetoed", True),
        ("activity", "approve", False),
        ("scans", "auto", False),
    ],
)
def test_recorded_calls_that_change_something_without_a_person_are_a_warning(
    tmp_path: Path, function: str, mode: str, *, warned: bool
) -> None:
    told = of_sender(tmp_path, function, f"mode: {mode}")
    assert ("senders[0].mode: lets recorded calls change resources without a person" in told) is warned


@pytest.mark.parametrize(
    ("function", "entry", "warned"),
    [
        ("scans", "types: ['Config:*']", False),
        ("scans", "types: ['Config:*'], runbooks: [harden-bucket]", False),
        ("scans", "types: ['Config:restricted-ssh'], runbooks: [harden-bucket]", True),
        ("scans", "types: ['config:*']", True),
        ("scans", "runbooks: [contain-instance]", True),
        ("other", "types: ['config:*']", False),
    ],
)
def test_scheduled_scans_whose_types_are_not_allowed_are_a_warning(
    tmp_path: Path, function: str, entry: str, *, warned: bool
) -> None:
    told = of_sender(tmp_path, function, f"mode: dry-run, {entry}")
    assert ("senders[0]: accepts no finding of scans: they send types such as" in told) is warned, told


def test_the_page_about_the_policy_is_current() -> None:
    assert (ROOT / "docs" / "policy.md").read_text("utf-8") == policy_page.document(), "run make docs"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("tomorrow", "'tomorrow' is not a time like 2027-01-31T22:00+01:00"),
        ("2027-01-31T22:00", "has no offset from UTC, as in 2027-01-31T22:00+01:00"),
    ],
)
def test_a_wrong_time_is_told_with_an_example(at: str, words: str, path: Path) -> None:
    result = run("show", "Backdoor:EC2/C&CActivity.B", "--policy", path, "--at", at)
    assert result.exit_code == 2
    assert words in " ".join(result.output.replace("│", " ").split())
