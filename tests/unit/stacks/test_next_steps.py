"""What a deployment says at its end: the next steps, and who is notified."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Annotations, Match, Template

from ringfence.cli.main import COMMANDS
from stacks.next_steps import next_steps
from tests.support.synthesis import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.synthesis import Template as Assembled

LONGEST = 1024
"""The bytes of the value of an output."""


def made(email: str) -> Stack:
    stack = Stack(App(), "Stack")
    next_steps(stack, replace(told(), notices_email=email))
    return stack


def outputs(stack: Stack) -> list[str]:
    found = Template.from_stack(stack).find_outputs("*")
    return [found[name]["Value"] for name in sorted(found)]


def test_the_response_stack_shows_them(templates: Mapping[str, Assembled]) -> None:
    shown = [name for name in templates["Ringfence-Response"].body["Outputs"] if name.startswith("Next")]
    assert shown == ["Next1Notices", "Next2Check", "Next3Try"]


@pytest.mark.parametrize("email", ["", "ops@example.com"])
def test_each_step_fits_and_names_commands_that_exist(email: str) -> None:
    steps = outputs(made(email))
    assert all(len(one.encode()) <= LONGEST for one in steps)
    named = [name for one in steps for name in re.findall(r"ringfence ([a-z-]+)", one)]
    assert {"doctor", "samples", "explain"} == set(named) <= set(COMMANDS)
    assert ("follow the link in the email" in steps[0]) is bool(email)


def test_the_check_names_the_policy_file_of_the_deployment() -> None:
    stack = Stack(App(), "Stack")
    next_steps(stack, replace(told(), policy_file="my policy.yaml"))
    assert any(one.startswith("ringfence doctor --policy 'my policy.yaml': ") for one in outputs(stack))
    assert any(one.startswith("ringfence doctor: ") for one in outputs(made("")))


def test_without_an_address_the_synthesis_warns_that_nobody_is_notified() -> None:
    said = Match.string_like_regexp("nobody is notified")
    Annotations.from_stack(made("")).has_warning("/Stack", said)
    Annotations.from_stack(made("ops@example.com")).has_no_warning("*", Match.any_value())
