"""Reviews and sweeps of many accounts and regions: what a place costs, and that nothing of it is kept."""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.parts import MOST, part_of
from ringfence.policy.policy import Policy
from ringfence.policy.sweeps import CLOUDTRAIL, CONFIG, SEVERE
from tests.support.samples.hardening import HARDEN, REF
from tests.support.sweep_costs import worked_off
from tests.unit.handlers.test_reviews import MANY, Reviewed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REGIONS = tuple(f"eu-west-{number}" for number in range(1, 4))
PLACES = len(MANY) * len(REGIONS)
FIRST = 100
"""Places after which everything that is kept once is there."""
KEPT = 1
"""Objects that may be kept of a place: less than a list with one finding in it."""


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """Keep no record of so many looks: pytest would."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def counted(steps: Iterable[int]) -> tuple[int, int, int]:
    """Return how many steps there are, the most that one costs, and the objects that are kept of a step."""
    number, most, kept = 0, 0, []
    for number, cost in enumerate(steps, start=1):
        most = max(most, cost)
        if number in {FIRST, 2 * FIRST}:  # at the end, the test itself keeps nothing any more
            kept.append(_objects())
    before, after = kept
    return number, most, (after - before) // FIRST


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


@pytest.mark.parametrize(
    ("name", "calls", "more"), [(SEVERE, 3, 0), (CONFIG, 2, 0), (CLOUDTRAIL, 22, len(MANY))]
)
def test_a_sweep_reads_each_place_once_with_a_few_calls_and_keeps_nothing_of_it(
    name: str, calls: int, more: int
) -> None:
    """The calls of IAM are recorded in one region, which is one more place for each account."""
    places, most, kept = counted(worked_off(name, len(MANY), len(REGIONS)))
    assert places == PLACES + more
    assert most == calls
    assert kept <= KEPT


def test_a_review_looks_at_a_bounded_part_of_one_place_at_a_time_and_keeps_nothing_of_it() -> None:
    made = Reviewed(Policy(MANY, regions=REGIONS), many=MOST + 1)

    def parts() -> Iterator[int]:
        made.tour.begin(REF.region)
        for text, _ in made.sent:  # it grows, as the queue does
            part = part_of(text, HARDEN.id, made.clock())
            assert part
            made.work(part)
            looked = len(made.looked)
            made.looked.clear()
            made.cloud.lists.clear()
            yield looked

    number, most, kept = counted(parts())
    assert number == 2 * PLACES, "a full part, and one with the rest"
    assert most == MOST
    assert kept <= KEPT
