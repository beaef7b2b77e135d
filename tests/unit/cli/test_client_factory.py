"""Under which policy an operator acts with their own credentials, and where the API is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.cli.client_factory import direct_policy
from ringfence.cli.operator_command import CommandOptions
from ringfence.cli.settings import Home
from ringfence.model.errors import AccessDenied, BadInput
from tests.support.worlds import REF

if TYPE_CHECKING:
    from pathlib import Path

OWN, ELSEWHERE = REF.account, "444455556666"


def wish(policy: Path) -> CommandOptions:
    return CommandOptions("r", True, True, True, False, 0, "", policy, Home({}))


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(f'{{version: 1, scope: {{accounts: [home, "{ELSEWHERE}"]}}}}', encoding="utf-8")
    return path


def test_ones_own_credentials_reach_ones_own_account_alone(policy: Path) -> None:
    """Otherwise a subject of another account would be looked for, and found, in this one."""
    assert direct_policy(wish(policy), OWN).accounts == (OWN,)
    assert direct_policy(wish(policy), ELSEWHERE).accounts == (ELSEWHERE,)


def test_an_account_outside_the_scope_is_not_let_in_by_ones_credentials(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f'{{version: 1, scope: {{accounts: ["{ELSEWHERE}"]}}}}', encoding="utf-8")
    assert direct_policy(wish(path), OWN).accounts == ()


def test_a_policy_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        direct_policy(wish(tmp_path / "none.yaml"), OWN)


def test_who_may_not_look_at_the_stack_is_told_what_else_says_it() -> None:
    def denied() -> dict[str, str]:
        raise AccessDenied("cloudformation:DescribeStacks: AccessDenied")

    words = "--url: is missing, RINGFENCE_OPERATE_URL is not set, and stack Ringfence-Response cannot be read"
    with pytest.raises(BadInput, match=words):
        Home({}).output(denied, "Ringfence-Response", "OperateUrl", "--url", "RINGFENCE_OPERATE_URL")
