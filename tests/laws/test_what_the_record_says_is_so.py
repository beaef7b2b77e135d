"""Law 5 in a bad hour: whatever interleaves, what is called contained or released is so, and all is recorded.

Several findings, runs, releases, deaths, lost answers and stale looks on one subject. See the simulation for
what is checked, after each process and in the end.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support.catalogue import WORLDS
from tests.support.effort import USUAL
from tests.support.simulation import Simulation

SUBJECTS = (
    ("contain-instance", "defaults"),
    ("contain-instance", "detached"),
    ("contain-credentials", "key"),
    ("contain-credentials", "user"),
)
SEEDS = 60
"""Runs of each subject in `make test`. A profile with more examples has more of them in proportion."""
CHUNKS = 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize(("runbook", "name"), SUBJECTS)
def test_what_is_called_contained_or_released_is_so(runbook: str, name: str, chunk: int) -> None:
    case = WORLDS[runbook].cases[name]
    for seed in range(chunk, SEEDS * settings().max_examples // USUAL, CHUNKS):
        try:
            Simulation(case, seed).run()
        except BaseException as error:
            error.add_note(f"the seed is {seed}")
            raise
