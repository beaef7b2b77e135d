"""Cost is counted: no kind of finding leads to more requests than docs/costs.md says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.costs import BOUNDS, MANY, MOST_OF_MANY, bills, of_many
from tools import costs

if TYPE_CHECKING:
    from tests.support.costs import Bill

PAGE = Path(__file__).resolve().parents[3] / "docs" / "costs.md"


@pytest.fixture(scope="module")
def counted() -> dict[str, Bill]:
    return bills()


@pytest.mark.parametrize("kind", BOUNDS)
def test_a_finding_leads_to_no_more_requests_than_its_bound(kind: str, counted: dict[str, Bill]) -> None:
    bound = asdict(BOUNDS[kind])
    assert {name: count for name, count in asdict(counted[kind]).items() if count > bound[name]} == {}


def test_reading_a_chain_does_not_grow_with_the_chain() -> None:
    few, last = of_many(12)
    assert last <= MOST_OF_MANY // MANY
    assert few <= 12 * MOST_OF_MANY // MANY


def test_the_page_is_made_of_the_bounds() -> None:
    assert PAGE.read_text("utf-8") == costs.document(), "run make docs"
