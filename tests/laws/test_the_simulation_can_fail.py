"""The simulation finds each fault again that was mended once, if the mechanism that mends it is taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.engine import release_checks
from tests.support.simulation.mends import MENDS, Mend, without
from tests.support.simulation.running import run, story_of
from tests.support.simulation.story import shortened

if TYPE_CHECKING:
    from ringfence.model.step import Step

pytestmark = pytest.mark.hypothesis
MOST_SEEDS = 150
"""The seeds that are tried. Most faults are found within the first few."""


@pytest.mark.parametrize("name", MENDS)
def test_without_a_mend_a_seed_ends_badly(name: str) -> None:
    mend = MENDS[name]
    with without(mend):
        tried = ((seed, family) for seed in (mend.seed, *range(MOST_SEEDS)) for family in mend.families)
        found = (run(*one, outages=mend.outages) for one in tried)
        ended = next((one for one in found if mend.wrong in one.wrong), None)
    assert ended, f"no seed below {MOST_SEEDS} finds it"
    assert not run(ended.seed, ended.family, outages=mend.outages).wrong, "the mend does not mend it"


def test_without_the_records_of_others_a_release_that_looks_too_early_takes_what_they_need() -> None:
    """With these seeds a release sees the world before the denial of the other incident.

    Seed 18 ended badly before releases read the record of every key.
    """
    seed, family = 77, "a key and its user"
    looks_only = Mend(((release_checks, "_standing", _nothing_stands),), (family,), "a release takes from")
    with without(looks_only):
        assert looks_only.wrong in run(seed, family).wrong
    assert not any(run(one, family).wrong for one in (18, seed))


def _nothing_stands(*_: object) -> tuple[Step, ...]:
    """The records of other incidents tell of no step."""
    return ()


def test_a_seed_that_ends_badly_tells_a_short_story() -> None:
    mend = MENDS["only the record says that a plan was approved"]
    with without(mend):
        ended = next(one for seed in range(MOST_SEEDS) if (one := run(seed, mend.families[0])).wrong)
        story = story_of(ended)
    lines = story.splitlines()
    assert "WRONG" in lines[-1]
    assert mend.wrong in lines[-1]
    assert f"SEED={ended.seed}" in lines[1]
    enough = [line for line in lines[: lines.index("")] if line.startswith("  ")]
    assert any(mend.families[0] in line for line in lines)
    assert 1 <= len(enough) <= len(ended.system.scenario.acts) + len(ended.system.faults.fired)


def test_what_a_story_does_not_need_is_left_out() -> None:
    out = shortened("abcdefgh", lambda without: not {"c", "f"} & set(without))
    assert sorted(out) == ["a", "b", "d", "e", "g", "h"]
