"""A Lambda's file parses, calls and maps the result; what else there is to do is in a room of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.function_code import FUNCTIONS

if TYPE_CHECKING:
    from pathlib import Path

HANDLERS = sorted(FUNCTIONS.glob("*.py"))
LONGEST = 40


def test_the_handlers_are_found() -> None:
    assert {path.stem for path in HANDLERS} >= {"archive", "notify", "operate", "respond", "review"}


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_a_handlers_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST
