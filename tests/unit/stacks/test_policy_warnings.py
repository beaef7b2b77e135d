"""The synthesis shows what `ringfence policy check` warns about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Annotations, Match

from stacks.policy_warnings import warn_of_policy
from tests.support.synthesis import HOME, MEMBER, told

if TYPE_CHECKING:
    from pathlib import Path

POLICY = f"""\
version: 1
scope:
  accounts: [home, "{HOME}"]
  regions: [eu-central-1, eu-wst-1]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def warned(path: Path, account: str = HOME) -> Annotations:
    app = App()
    stack = Stack(app, "First")
    warn_of_policy(app, replace(told(), policy_file=str(path), account=account), date(2026, 12, 1))
    return Annotations.from_stack(stack)


def test_each_warning_about_the_policy_has_its_line(path: Path) -> None:
    found = warned(path)
    for place, words, id_ in (
        ("3:20", "repeats an earlier item of its list", "scope.accounts.1"),
        ("4:27", "did you mean eu-west-1", "scope.regions.1"),
    ):
        shown = rf"policy.yaml:{place}: .*{words}.* \[ack: ringfence:policy:{id_}\]$"
        found.has_warning("/First", Match.string_like_regexp(shown))


def test_a_policy_that_is_meant_has_no_warning_and_neither_has_a_member_account(path: Path) -> None:
    warned(path, MEMBER).has_no_warning("*", Match.any_value())
    path.write_text("version: 1\nscope: {accounts: [home]}\n", encoding="utf-8")
    warned(path).has_no_warning("*", Match.any_value())
