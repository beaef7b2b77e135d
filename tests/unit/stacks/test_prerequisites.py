"""The synthesis warns of services that are not on, in the stack of their region."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Annotations, Match

from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.places import Deployment
from stacks.prerequisites import warn_of_missing
from tests.support.synthesis import HOME, told

HERE, THERE = "eu-west-1", "eu-west-3"
ANY = Match.any_value()


def problem(region: str, standing: Standing = Standing.FAULT) -> Problem:
    return Problem(
        standing, HOME, region, "", "GuardDuty", "prerequisite", "it is not turned on", "turn it on"
    )


def made(*found: Problem, **settings: object) -> tuple[Stack, Stack, list[Deployment]]:
    """Return a stack in each region after the check, and what was asked for."""
    app, asked = App(), list[Deployment]()
    here, there = (Stack(app, one, env=Environment(account=HOME, region=one)) for one in (HERE, THERE))

    def find(deployment: Deployment) -> tuple[Problem, ...]:
        asked.append(deployment)
        return found

    given = {"home_region": HERE, "region": HERE, "regions": (HERE, THERE), **settings}
    warn_of_missing(app, replace(told(), **given), find)  # type: ignore[arg-type]  # the fields of settings
    return here, there, asked


def test_the_stack_of_the_region_has_the_warning_with_what_to_do() -> None:
    here, there, asked = made(problem(THERE))
    said = Match.string_like_regexp("GuardDuty in eu-west-3: it is not turned on. turn it on")
    Annotations.from_stack(there).has_warning(f"/{THERE}", said)
    Annotations.from_stack(here).has_no_warning("*", ANY)
    assert asked == [Deployment(HOME, HERE, (HOME,), (HERE, THERE))]


def test_what_cannot_be_read_is_only_reported() -> None:
    here, _, _ = made(problem(HERE, Standing.UNKNOWN))
    Annotations.from_stack(here).has_no_warning("*", ANY)
    Annotations.from_stack(here).has_info(f"/{HERE}", Match.string_like_regexp("GuardDuty"))


def test_a_region_without_a_stack_is_reported_with_the_first_one() -> None:
    here, _, _ = made(problem("us-east-1"))
    Annotations.from_stack(here).has_warning(f"/{HERE}", Match.string_like_regexp("in us-east-1"))


def test_an_account_outside_the_scope_needs_no_service() -> None:
    _, _, asked = made(problem(HERE), accounts=("444455556666",))
    assert asked == []
