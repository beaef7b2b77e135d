"""A docstring that says what is raised names an error that exists."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
SENTENCE = re.compile(r"\b[Rr]aises (?:an? )?(?=[A-Z])((?:\w+(?:, | and |, and | or )(?=[A-Z]))*\w+)")
SECTION = re.compile(r"^Raises\n-+\n((?:.*\n?)*?)(?:\n\w[\w ]*\n-+\n|\Z)", re.MULTILINE)


def trees() -> dict[Path, ast.Module]:
    return {
        path.relative_to(ROOT): ast.parse(path.read_text("utf-8"))
        for folder in ("functions", "stacks")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def raised(docstring: str) -> Iterator[str]:
    """Yield each error that a docstring names: in a sentence, or in a section."""
    for names in SENTENCE.findall(docstring):
        yield from re.findall(r"[A-Z]\w+", names)
    for section in SECTION.findall(docstring):
        yield from re.findall(r"^([A-Z]\w+)$", section, re.MULTILINE)


def docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield inspect.cleandoc(ast.get_docstring(node) or "")


@pytest.mark.parametrize(
    ("docstring", "names"),
    [
        ("Read it; raises Gone without it.", ["Gone"]),
        ("Raises BadInput, Refused and Retryable. All else is told.", ["BadInput", "Refused", "Retryable"]),
        ("Read it.\n\nRaises\n------\nGone\n    Where it is gone.\nDenied\n    Else.\n", ["Gone", "Denied"]),
        ("It raises the error of an essential read.", []),
    ],
)
def test_an_error_is_found_in_a_sentence_and_in_a_section(docstring: str, names: list[str]) -> None:
    assert list(raised(docstring)) == names


def test_every_error_that_a_docstring_names_exists() -> None:
    sources = trees()
    classes = {
        node.name for tree in sources.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    found = {
        f"{path}: {name}"
        for path, tree in sources.items()
        for docstring in docstrings(tree)
        for name in raised(docstring)
    }
    assert len(found) > 50
    assert {one for one in found if one.rpartition(" ")[2] not in {*dir(builtins), *classes}} == set()
