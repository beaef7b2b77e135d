"""A scope may name many accounts: what names each of them stays within AWS's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import BadInput
from stacks.permissions import INLINE_LIMIT
from stacks.settings import MOST_ACCOUNTS, settings
from tests.support.synthesis import HOME, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stacks.settings import Settings
    from tests.support.synthesis import Template

BUS_LIMIT = 10_240
"""Characters of an event bus's policy, by default: "Amazon EventBridge quotas"."""


def others(count: int) -> tuple[str, ...]:
    return tuple(f"{number:012d}" for number in range(count))


def size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def test_the_most_accounts_fit_into_every_roles_policies_and_into_the_buses(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    templates = variant(replace(told(), accounts=(HOME, *others(MOST_ACCOUNTS - 1))))
    roles = {
        one["Properties"]["RoleName"]: sum(
            size(policy["PolicyDocument"]) for policy in one["Properties"].get("Policies", [])
        )
        for template in templates.values()
        for one in template.all("AWS::IAM::Role").values()
    }
    assert {name: long for name, long in roles.items() if long > INLINE_LIMIT} == {}
    statements: dict[str, list[object]] = {}
    for template in templates.values():
        for one in template.all("AWS::Events::EventBusPolicy").values():
            statements.setdefault(one["Properties"]["EventBusName"], []).append(
                one["Properties"]["Statement"]
            )
    assert statements.keys() == {"default", "ringfence-findings"}
    for each in statements.values():
        assert sum(map(size, each)) <= BUS_LIMIT // 2  # it may have statements of others


def test_more_accounts_are_refused_before_anything_is_synthesized(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    named = ", ".join(f'"{account}"' for account in others(MOST_ACCOUNTS))
    policy.write_text(f"version: 1\nscope: {{accounts: [home, {named}]}}\n")
    with pytest.raises(BadInput, match=r"scope.accounts: must have at most 100 accounts"):
        settings({"policy": str(policy)}.get, {"CDK_DEFAULT_ACCOUNT": HOME})
