"""Functions are short: a reader sees each one whole."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "functions"
MOST = 40
"""Lines of a function without its decorators and its docstring."""


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, from `def` to its end."""
    first = function.body[0]
    told = ast.get_docstring(function, clean=False) is not None
    length = (function.end_lineno or 0) - function.lineno + 1
    return length - (((first.end_lineno or 0) - first.lineno + 1) if told else 0)


def test_no_function_is_longer_than_a_screen() -> None:
    found = {
        f"{path.relative_to(SOURCES)}:{node.lineno} {node.name}": lines(node)
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert found, "there are no sources"
    assert not {where: count for where, count in found.items() if count > MOST}


def test_a_docstring_is_not_counted_and_everything_else_is() -> None:
    tree = ast.parse('@x\ndef f(\n    a,\n):\n    """Do.\n\n    More.\n    """\n\n    return a\n')
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert lines(function) == 5
