"""What a policy says and does not mean: repeated values, unknown regions, misplaced fields and names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from botocore.loaders import Loader

from ringfence.policy.file import checked
from ringfence.policy.regions import REGIONS
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

HOME = "111122223333"
HEAD = "version: 1\nscope: {accounts: [home]}\n"
TODAY = date(2026, 12, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def found(path: Path, text: str, home: str = "") -> tuple[list[str], list[str]]:
    """Return the errors and the warnings about a policy, each with its line and column."""
    path.write_text(text, encoding="utf-8")
    errors, warnings = checked(path, CATALOGUE, TODAY, home)
    return [str(one) for one in errors], [str(one) for one in warnings]


def test_the_known_regions_are_those_of_botocore() -> None:
    endpoints = Loader().load_data("endpoints")
    assert {name for one in endpoints["partitions"] for name in one["regions"]} == REGIONS


def test_a_region_that_nobody_knows_is_a_warning_with_its_place(path: Path) -> None:
    text = """\
version: 1
scope:
  accounts: [home]
  regions: [eu-central-1, eu-wst-1, xx-north-9]
rules:
  - {regions: [eu-wst-1], mode: dry-run, runbook: harden-bucket}
exempt:
  - {subject: "instance/*/eu-wst-1/i-0a1b2c3d4e5f60718", reason: a reason}
protected:
  - {subject: "instance/*/eu-wst-*/i-0a1b2c3d4e5f60719", reason: a reason, owner: team}
senders:
  - {role: "arn:aws:iam::111122223333:role/scanner", subjects: ["instance/*/eu-wst-1/*"]}
"""
    words = "is not a region that this version of Ringfence knows"
    errors, warnings = found(path, text)
    assert errors == []
    assert warnings == [
        f"4:27: scope.regions[1]: {words} (did you mean eu-west-1?)",
        f"4:37: scope.regions[2]: {words}",
        f"6:16: rules[0].regions[0]: {words} (did you mean eu-west-1?)",
        f"8:6: exempt[0].subject: names eu-wst-1, which {words} (did you mean eu-west-1?)",
        f"10:6: protected[0].subject: names eu-wst-*, which {words}",
        f"12:65: senders[0].subjects[0]: names eu-wst-1, which {words} (did you mean eu-west-1?)",
    ]


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_each_known_region_is_accepted_without_a_warning(path: Path, region: str) -> None:
    scope = f"version: 1\nscope: {{accounts: [home], regions: [{region}]}}\n"
    exempt = f"exempt: [{{subject: instance/*/{region}/i-0a1b2c3d4e5f60718, reason: a reason}}]\n"
    assert found(path, scope + exempt) == ([], [])


@pytest.mark.parametrize("subject", ["instance/*", "*/*/eu-*/*", "instance/*/*/i-0a1b2c3d4e5f60718"])
def test_a_glob_that_a_known_region_matches_is_no_warning(path: Path, subject: str) -> None:
    role = "arn:aws:iam::111122223333:role/scanner"
    assert found(path, f"{HEAD}senders: [{{role: '{role}', subjects: ['{subject}']}}]\n") == ([], [])


REPEATS = "repeats an earlier item of its list"
ROLE = f"arn:aws:iam::{HOME}:role/a"


@pytest.mark.parametrize(
    ("line", "again", "field"),
    [
        ("scope: {accounts: ['444455556666', '444455556666']}", "'444455556666'", "scope.accounts[1]"),
        ("scope: {accounts: [home], regions: [eu-west-1, eu-west-1]}", "eu-west-1", "scope.regions[1]"),
        ("rules: [{mode: approve, accounts: [home, home]}]", "home", "rules[0].accounts[1]"),
        ("rules: [{mode: approve, during: [{zone: UTC}, {zone: UTC}]}]", "{zone", "rules[0].during[1]"),
        (
            "runbooks: {harden-bucket: {allow: [require-tls, require-tls]}}",
            "require-tls",
            "runbooks.harden-bucket.allow[1]",
        ),
        (f"approvals: {{approvers: {{roles: [{ROLE}, {ROLE}]}}}}", ROLE, "approvals.approvers.roles[1]"),
    ],
)
def test_a_value_that_a_list_names_twice_is_a_warning(path: Path, line: str, again: str, field: str) -> None:
    scope = "" if line.startswith("scope") else "scope: {accounts: [home]}\n"
    errors, warnings = found(path, f"version: 1\n{scope}{line}\n")
    place = f"{3 if scope else 2}:{line.rindex(again) + 1}"
    assert (errors, warnings) == ([], [f"{place}: {field}: {REPEATS}"])


def test_the_home_account_by_its_name_and_by_its_number_is_the_same_account(path: Path) -> None:
    text = f"version: 1\nscope: {{accounts: [home, '{HOME}']}}\n"
    assert found(path, text) == ([], [])
    assert found(path, text, HOME)[1] == [f"2:26: scope.accounts[1]: {REPEATS}"]


def test_rules_and_exemptions_that_repeat_keep_their_own_words(path: Path) -> None:
    rules = "rules: [{name: a, mode: approve}, {name: b, mode: approve}, {mode: approve}, {mode: approve}]\n"
    assert not [one for one in found(path, HEAD + rules)[1] if REPEATS in one]


TWO = "approvals: {approvers: {count: 2, roles: [%s]}}\n"


@pytest.mark.parametrize(
    ("roles", "reachable"),
    [
        ("role/a", False),
        ("role/a, role/a", False),
        ("role/a, role/ops/a", False),
        ("role/a, role/b", True),
    ],
)
def test_two_people_of_one_role_can_never_approve(path: Path, roles: str, *, reachable: bool) -> None:
    """A session does not prove who uses it: all members of a role count as one person."""
    arns = ", ".join(f"'arn:aws:iam::{HOME}:{one}'" for one in roles.split(", "))
    errors, _ = found(path, HEAD + TWO % arns)
    words = (
        "3:25: approvals.approvers.count: can never be reached: the members of one role count as one person, "
        "and `roles` names one role only"
    )
    assert errors == ([] if reachable else [words])


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("approvals: {count: 2}", "approvals.count: is not a known field (did you mean approvers.count?)"),
        ("regions: [eu-west-1]", "regions: is not a known field (did you mean scope.regions?)"),
    ],
)
def test_a_field_in_the_wrong_place_is_an_error_that_says_the_right_place(
    path: Path, line: str, meant: str
) -> None:
    (error,) = found(path, f"{HEAD}{line}\n")[0]
    assert meant in error


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        ("i-0a1b2c3d4e5f60718", "instance/*/*/i-0a1b2c3d4e5f60718"),
        ("ec2/*/*/i-0a1b2c3d4e5f60718", "instance/*/*/i-0a1b2c3d4e5f60718"),
        (
            "arn:aws:ec2:us-east-1:111122223333:instance/i-0a1b2c3d4e5f60718",
            "instance/111122223333/us-east-1/i-0a1b2c3d4e5f60718",
        ),
        ("arn:aws:iam::111122223333:role/ops/break-glass", "iam-role/111122223333/us-east-1/ops/break-glass"),
        ("arn:aws:s3:::www.example.com", "bucket/*/*/www.example.com"),
        ("instances/*/*/i-0a1b2c3d4e5f60718", "instance/*/*/i-0a1b2c3d4e5f60718"),
    ],
)
@pytest.mark.parametrize("section", ["exempt", "protected"])
def test_a_subject_in_another_form_is_an_error_that_says_the_right_form(
    path: Path, section: str, subject: str, meant: str
) -> None:
    text = f"{HEAD}{section}: [{{subject: '{subject}', reason: a reason, owner: team}}]\n"
    (error,) = found(path, text)[0]
    assert f"(did you mean {meant}?)" in error
    assert "a resource is KIND/ACCOUNT/REGION/ID" in error
    assert found(path, text.replace(subject, meant))[0] == []
