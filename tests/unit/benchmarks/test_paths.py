"""How many round trips in a row it takes to end the danger: a look, the record, the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.environment import deployed
from benchmarks.paths import count_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPECTED = {
    "round_trips_to_isolation": 3,
    "round_trips_to_deactivation": 3,
    "round_trips_to_isolation_fresh_role": 4,
    "round_trips_to_isolation_second_use": 3,
    "round_trips_to_deactivation_fresh_role": 4,
    "round_trips_to_deactivation_unnamed": 4,
}
"""A fresh role is assumed first; a key's user is asked for first where the report does not name it.

The second use relies on the quarantine group that the first use created and recorded.
"""


@pytest.fixture(scope="module")
def counted() -> Mapping[str, float]:
    """The least of a few counts: calls in a row never overlap, those side by side may miss each other."""
    with deployed() as code:
        counted = count_paths(code)
        for _ in range(4):
            if all(counted[name] <= trips for name, trips in EXPECTED.items()):
                break
            counted = {name: min(count, counted[name]) for name, count in count_paths(code).items()}
    return counted


@pytest.mark.parametrize("name", EXPECTED)
def test_the_call_that_ends_the_danger_comes_no_later(counted: Mapping[str, float], name: str) -> None:
    assert counted[name] == EXPECTED[name]
