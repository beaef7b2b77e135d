"""`limits` in the policy file: the defaults, what a file sets, and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import BadInput
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.file import InvalidPolicy, compile_policy
from ringfence.policy.limits import CRITICAL_DEFAULTS, DEFAULTS, Limit, Limits
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

HOME = "111122223333"
START = "version: 1\nscope: {accounts: [home]}\n"


def limits(folder: Path, text: str) -> Limits:
    path = folder / "policy.yaml"
    path.write_text(START + text)
    return policy_from_json(compile_policy(path, HOME, CATALOGUE)).limits


def test_without_limits_the_defaults_hold(tmp_path: Path) -> None:
    assert limits(tmp_path, "") == Limits(DEFAULTS, CRITICAL_DEFAULTS)


def test_a_policy_that_was_compiled_before_there_were_limits_has_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(START)
    compiled = compile_policy(path, HOME, CATALOGUE)
    del compiled["limits"]
    assert policy_from_json(compiled).limits == Limits()


def test_a_file_sets_single_numbers_and_the_other_defaults_stay(tmp_path: Path) -> None:
    found = limits(tmp_path, "limits: {account: {hour: 3}, critical: {overall: {day: 0}}}\n")
    default = Limits()
    assert found.of("account", critical=False) == Limit(
        "account", 3, default.of("account", critical=False).day
    )
    assert found.of("overall", critical=False) == default.of("overall", critical=False)
    assert found.of("overall", critical=True) == Limit(
        "overall", default.of("overall", critical=True).hour, 0
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits: {account: {hour: -1}}", "must be a number from 1 to 100, or 0 for no limit"),
        ("limits: {account: {hour: 101}}", "must be a number from 1 to 100, or 0 for no limit"),
        ("limits: {acount: {hour: 1}}", "did you mean account"),
        ("limits: {account: {week: 1}}", "is not a known field"),
        ("limits: {critical: {auto-scaling-group: {hour: 1}}}", "is not a known field"),
    ],
)
def test_errors_name_the_field(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidPolicy, match=words):
        limits(tmp_path, text)


@pytest.mark.parametrize("number", [-1, 101, "3", None])
def test_a_compiled_policy_with_a_wrong_number_permits_nothing(tmp_path: Path, number: object) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(START)
    compiled = compile_policy(path, HOME, CATALOGUE)
    compiled["limits"]["account"]["hour"] = number  # type: ignore[index]  # it is a mapping of mappings
    with pytest.raises(BadInput, match=r"limits\.account\.hour"):
        policy_from_json(compiled)


def test_a_share_of_a_group_is_the_highest_until_the_policy_sets_a_lower_one(tmp_path: Path) -> None:
    assert limits(tmp_path, "").of("auto-scaling-group", critical=False).share == 20
    for share in (1, 5):
        found = limits(tmp_path, f"limits: {{auto-scaling-group: {{share: {share}}}}}\n")
        assert found.of("auto-scaling-group", critical=False) == Limit("auto-scaling-group", 1, 5, share)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits: {auto-scaling-group: {share: 21}}", "must be a number from 1 to 20, in percent"),
        ("limits: {target-group: {share: 100}}", "must be a number from 1 to 20, in percent"),
        ("limits: {role: {share: 0}}", "must be a number from 1 to 20, in percent"),
        ("limits: {vpc: {share: 20}}", "is not a known field"),
        ("limits: {critical: {vpc: {share: 20}}}", "is not a known field"),
    ],
)
def test_a_share_is_of_instances_and_at_most_20_percent(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        limits(tmp_path, text)


@pytest.mark.parametrize("share", [-1, 0, 21, 100])
def test_a_compiled_policy_with_a_higher_share_permits_nothing(tmp_path: Path, share: int) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(START)
    compiled = compile_policy(path, HOME, CATALOGUE)
    compiled["limits"]["role"]["share"] = share  # type: ignore[index]  # it is a mapping of mappings
    with pytest.raises(BadInput, match=r"limits\.role\.share"):
        policy_from_json(compiled)


def test_a_compiled_policy_without_a_share_has_none(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("version: 1\nscope: {accounts: [home]}\nlimits: {auto-scaling-group: {share: 20}}\n")
    compiled = compile_policy(path, HOME, CATALOGUE)
    del compiled["limits"]["auto-scaling-group"]["share"]  # type: ignore[index]  # it is a mapping of mappings
    assert policy_from_json(compiled).limits.of("auto-scaling-group", critical=False).share == 0
