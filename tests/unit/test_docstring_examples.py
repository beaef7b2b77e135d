"""What an extension author reads: examples in docstrings run, and observations and steps are described."""

from __future__ import annotations

from dataclasses import fields
from doctest import DocTestFinder, DocTestRunner
from importlib import import_module
from pkgutil import walk_packages
from re import findall
from typing import TYPE_CHECKING

import pytest

import ringfence.model
import ringfence.observations
import ringfence.steps
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from doctest import DocTest
    from types import ModuleType

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step

ROOMS = (ringfence.model, ringfence.observations, ringfence.steps)
BASE = (
    "model.observation.Observation",
    "model.remediation.Remediation",
    "model.setting.SettingStep",
    "model.step.Step",
    "model.trigger.Trigger",
)
"""What an extension author writes a kind of: each has an example."""


def modules(room: ModuleType) -> Iterator[ModuleType]:
    """Import every module of a room."""
    for found in walk_packages(room.__path__, f"{room.__name__}."):
        yield import_module(found.name)


def examples() -> dict[str, DocTest]:
    """Return every docstring that has examples, by the name of what it describes."""
    finder = DocTestFinder(exclude_empty=True)
    found = (one for room in ROOMS for module in modules(room) for one in finder.find(module))
    return {one.name.removeprefix("ringfence."): one for one in found if one.examples}


EXAMPLES = examples()
OBSERVATIONS = tuple(dict.fromkeys(one for runbook in CATALOGUE.values() for one in runbook.observations))
STEPS = tuple(
    dict.fromkeys(
        one
        for runbook in CATALOGUE.values()
        for step in runbook.steps
        for one in (step, step.inverse_type or step)
    )
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_shows_what_is_so(name: str) -> None:
    """Its classes are of this module, so that no log of the deployment may name them."""
    said: list[str] = []
    EXAMPLES[name].globs["__name__"] = __name__
    result = DocTestRunner().run(EXAMPLES[name], out=said.append)
    assert (result.attempted > 0, result.failed) == (True, 0), "".join(said)


@pytest.mark.parametrize("name", BASE)
def test_what_is_extended_has_an_example(name: str) -> None:
    assert name in EXAMPLES


@pytest.mark.parametrize("kind", [*OBSERVATIONS, *STEPS], ids=lambda one: one.__name__)
def test_an_observation_or_a_step_names_the_page_of_aws(kind: type[Observation | Step]) -> None:
    assert "https://docs.aws.amazon.com/" in (kind.__doc__ or "")


@pytest.mark.parametrize("kind", OBSERVATIONS, ids=lambda one: one.__name__)
def test_an_observation_describes_what_it_shows(kind: type[Observation]) -> None:
    names = {one.name for one in fields(kind)}
    assert names <= described(kind)


@pytest.mark.parametrize("kind", STEPS, ids=lambda one: one.__name__)
def test_a_step_describes_what_it_changes(kind: type[Step]) -> None:
    """The values before and after are those of its observation; an undo has the fields of what it undoes."""
    names = {one.name for one in fields(kind)} - {"before", "after"}  # type: ignore[arg-type]  # a @value
    undone = {one for one in STEPS if one.inverse_type is kind}
    assert names <= {*described(kind), *(name for one in undone for name in described(one))}


def described(kind: type[object]) -> set[str]:
    """Return the fields that the docstrings of a class and its bases describe, in a section or in a text."""
    text = "\n".join(base.__doc__ or "" for base in kind.__mro__)
    sections = (line.split(" : ")[0].strip() for line in text.splitlines() if " : " in line)
    return {*findall(r"`(\w+)`", text), *(name for names in sections for name in names.split(", "))}
