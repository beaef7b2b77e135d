"""Under which policy an operator acts with their own credentials, and where the API is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from ringfence.cli.client_factory import direct_policy
from ringfence.cli.main import main
from ringfence.cli.operator_command import CommandOptions
from ringfence.cli.routes import ROUTES
from ringfence.cli.settings import Home
from ringfence.handlers.managed_policies import allowing
from ringfence.model.errors import AccessDenied, BadInput
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def test_who_may_not_look_at_the_stack_is_told_the_policy_of_the_command() -> None:
    def denied() -> dict[str, str]:
        raise AccessDenied("cloudformation:DescribeStacks: AccessDenied")

    command = click.Command("approve")
    with (
        click.Context(click.Group("ringfence"), info_name="python -m ringfence.cli.main") as outer,
        click.Context(command, info_name="approve", parent=outer),
        pytest.raises(AccessDenied) as found,
    ):
        Home({}).output(denied, "Ringfence-Response", "OperateUrl", "--url", "RINGFENCE_OPERATE_URL")
    assert str(found.value).startswith("stack Ringfence-Response cannot be read in account ")
    assert "The managed policy ringfence-approver of the home account allows it, or set --url" in str(
        found.value
    )
    assert "ringfence-operator" not in str(found.value)


def commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for one in group.list_commands(context):
        command = group.get_command(context, one)
        if command:
            yield f"{name}{one}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{one} ")


def test_each_command_of_the_api_names_the_policies_that_allow_it() -> None:
    asking = {name for name, one in commands(main) if any(given.name == "url" for given in one.params)}
    assert asking == set(ROUTES)
    assert all(allowing(route=route) for route in ROUTES.values())
