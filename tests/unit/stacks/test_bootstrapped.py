"""A region without bootstrap is an error of its stacks before anything is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Annotations, Match

from ringfence.aws.bootstrap import Bootstrap
from stacks.bootstrapped import check_bootstrap

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = "111122223333"
ANY = Match.any_value()


def checked(read: Callable[[str], Bootstrap]) -> tuple[Stack, Stack]:
    """Return a stack of eu-west-1 and one of eu-west-3, after the check."""
    app = App()
    here = Stack(app, "Here", env=Environment(account=HOME, region="eu-west-1"))
    there = Stack(app, "There", env=Environment(account=HOME, region="eu-west-3"))
    check_bootstrap(app, read)
    return here, there


def test_the_stack_of_a_region_without_bootstrap_has_an_error_with_the_command() -> None:
    here, there = checked(lambda region: Bootstrap(exists=region == "eu-west-1"))
    said = "aws://111122223333/eu-west-3 is not bootstrapped: run `npx cdk bootstrap aws://111122223333/eu-west-3`"
    Annotations.from_stack(there).has_error("/There", said)
    Annotations.from_stack(here).has_no_error("*", ANY)


def test_what_cannot_be_read_stops_nothing_and_is_said() -> None:
    here, _ = checked(lambda _: Bootstrap(exists=False, unknown="ssm:GetParameter: denied"))
    Annotations.from_stack(here).has_no_error("*", ANY)
    Annotations.from_stack(here).has_info("/Here", Match.string_like_regexp("unknown .* denied"))


def test_a_region_is_read_once_and_a_stack_without_region_is_not() -> None:
    app, asked = App(), list[str]()
    for name in ("One", "Two"):
        Stack(app, name, env=Environment(account=HOME, region="eu-west-1"))
    Stack(app, "Anywhere")

    def read(region: str) -> Bootstrap:
        asked.append(region)
        return Bootstrap(exists=True)

    check_bootstrap(app, read)
    assert asked == ["eu-west-1"]
