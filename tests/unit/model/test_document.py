"""Whole numbers in JSON documents."""

from __future__ import annotations

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import BadInput


@pytest.mark.parametrize(("given", "read"), [(3, 3), (3.0, 3), (0.0, 0), (-2.0, -2)])
def test_a_number_without_a_fraction_is_a_whole_number(given: float, read: int) -> None:
    found = Document({"after": given}).integer("after")
    assert (found, type(found)) == (read, int)


@pytest.mark.parametrize("given", [3.5, True, "3", None, float("inf"), float("nan")])
def test_what_is_no_whole_number_is_bad_input(given: object) -> None:
    with pytest.raises(BadInput, match="must be a whole number"):
        Document({"after": given}).integer("after")
