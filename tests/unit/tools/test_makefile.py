"""What `make check` asks, its tools can be asked; and what `make demo` shows."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.effort import examples

HERE = Path(__file__).parents[3]


def commands(target: str, *given: str) -> list[list[str]]:
    """Return the commands of a target, without set-up, redirections and what follows a failure."""
    shown = subprocess.run(  # noqa: S603 - a target of our own
        ("make", "--dry-run", "--old-file=.make/setup", target, *given),  # noqa: S607 - whichever make there is
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line for line in shown.stdout.splitlines() if line.startswith(".venv/"))
    return [shlex.split(line.partition(">")[0]) for line in lines]


def test_check_asks_for_format_lint_types_and_layers() -> None:
    asked = {" ".join(Path(word).name for word in command[:2]) for command in commands("check")}
    assert asked == {"ruff format", "ruff check", "mypy --no-error-summary", "lint-imports --no-logo"}


def test_laws_are_tried_with_the_profile_of_their_name() -> None:
    ((*_, option, profile),) = commands("laws")
    assert (option, profile) == ("--hypothesis-profile", "laws")
    assert settings.get_profile(profile).max_examples == 10 * settings.get_profile("facts").max_examples
    assert settings.get_profile("facts").derandomize
    assert not settings.get_profile(profile).derandomize


def test_an_example_that_takes_long_is_tried_in_proportion() -> None:
    usual = settings.get_current_profile_name()
    counts = []
    try:
        for profile in ("facts", "laws"):
            settings.load_profile(profile)
            counts.append(examples(30).max_examples)
    finally:
        settings.load_profile(usual)
    assert counts == [30, 300]


@pytest.mark.parametrize("command", commands("check"), ids=" ".join)
def test_every_tool_of_check_knows_the_options_that_it_is_given(command: list[str]) -> None:
    """A help text is asked for behind the options: one that is unknown is refused before it is shown."""
    program = Path(sys.executable).parent / Path(command[0]).name
    asked = subprocess.run((program, *command[1:], "--help"), capture_output=True, text=True, check=False)  # noqa: S603 - the Makefile's own words
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize(
    ("given", "scenario"), [((), "instance"), (("SCENARIO=credentials",), "credentials")]
)
def test_the_demo_is_the_instance_unless_another_scenario_is_named(
    given: tuple[str, ...], scenario: str
) -> None:
    ((*_, option, told),) = commands("demo", *given)
    assert (option, told) == ("--scenario", scenario)
