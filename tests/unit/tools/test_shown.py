"""Every remediation is shown deployed by a test that is marked so, or it is said why not."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.shown import NOT_SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[2] / "e2e"
MARK = "pytest.mark.shows"
IDS = {id_ for runbook in CATALOGUE.values() for id_ in runbook.ids}


def marked(source: str) -> Iterator[str]:
    """Yield the ids in the marks of tests; anything but a text is none."""
    for test in ast.walk(ast.parse(source)):
        if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
            continue
        for mark in test.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == MARK:
                yield from (str(ast.literal_eval(one)) for one in mark.args)


def shown() -> Counter[str]:
    return Counter(id_ for path in TESTS.rglob("test_*.py") for id_ in marked(path.read_text("utf-8")))


def test_marks_name_remediations() -> None:
    assert set(shown()) <= IDS


def test_every_remediation_is_shown_deployed_or_it_is_said_why_not() -> None:
    assert IDS - set(shown()) == set(NOT_SHOWN)


def test_marked_tests_are_deployments() -> None:
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text("utf-8")
        assert not list(marked(text)) or "pytest.mark.e2e" in text, path.name


def test_why_one_is_not_shown_is_said_in_words() -> None:
    assert all(len(reason.split()) > 3 for reason in NOT_SHOWN.values())


def test_the_marks_are_read_rightly() -> None:
    source = (
        "@pytest.mark.shows('a', 'b')\n@pytest.mark.slow('c')\ndef test_one(): ...\n"
        "@pytest.mark.shows('d')\ndef helper(): ...\n# @pytest.mark.shows('e')\ndef test_two(): ...\n"
    )
    assert list(marked(source)) == ["a", "b"]
