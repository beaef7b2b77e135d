"""Law 5 in bad times: whatever interleaves, what is called contained or released is so, and all is recorded.

The whole system runs in memory: the functions' own code, their queues, people, intruders, and faults at every
call. The invariants are checked at each change and each append, and in the end. A seed that ends badly is
told as a story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from ringfence.engine import stage_run, unbegun
from tests.support.effort import USUAL
from tests.support.simulation.mends import Mend, without
from tests.support.simulation.running import check, run
from tests.support.simulation.scenario import families

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest

pytestmark = pytest.mark.hypothesis
PAUSES = 3
"""How often a person pauses in a run with pauses."""
SEEDS = 8
"""Runs of each family of subjects in `make test`. `make laws` has more of them in proportion, twice."""


def seeds() -> range:
    """Return the seeds of this profile."""
    times = settings().max_examples // USUAL
    return range(SEEDS * (times if times == 1 else 2 * times))


@pytest.mark.parametrize("family", families())
def test_what_the_record_says_is_so(family: str) -> None:
    for seed in seeds():
        check(seed, family)


def test_a_release_leaves_what_another_incident_needs_although_its_own_denial_was_never_made() -> None:
    check(238, "two keys of one user")


def test_one_late_look_after_a_release_calls_nothing_contained() -> None:
    """The execution that knew of the release died. Another one continues its incident."""
    check(267, "an instance")


def test_a_release_whose_own_message_was_lost_ends_or_a_person_learns_of_it() -> None:
    check(293, "a key")


@pytest.mark.parametrize("family", families())
def test_pauses_stop_every_change_within_a_minute_and_nothing_is_lost(family: str) -> None:
    for seed in seeds()[: len(seeds()) // 8]:
        assert not run(seed, family, pauses=PAUSES).wrong


@pytest.mark.parametrize(
    ("family", "seed"),
    [
        ("two instances of one Auto Scaling group", 2),  # both wait for the end of a pause
        ("an instance whose plan people approve", 38),  # two messages carry out one approved plan
        ("two sessions of one role", 88),  # the policy is lowered during a pause
    ],
)
def test_what_a_pause_holds_begins_once_and_as_the_policy_says_then(family: str, seed: int) -> None:
    assert not run(seed, family, pauses=PAUSES).wrong


def test_without_the_check_of_pauses_a_change_is_made_too_late() -> None:
    ignores = Mend(((stage_run, "_held", _nothing_held),), ("an instance",), "after the beginning of pause-")
    with without(ignores):
        ended = run(2, "an instance", pauses=PAUSES)
    assert ignores.wrong in ended.wrong


def test_without_another_decision_what_a_pause_held_uses_no_limit() -> None:
    family = "two instances of one Auto Scaling group"
    continues = Mend(((unbegun, "permitted", _everything),), (family,), "without a person within an hour")
    with without(continues):
        ended = run(2, family, pauses=PAUSES)
    assert continues.wrong in ended.wrong


def _everything(request: ResponseRequest, *_: object) -> ResponseRequest:
    """A continuation does all that its message says."""
    return request


def _nothing_held(*_: object) -> None:
    """No pause holds anything."""


def test_a_seed_always_tells_the_same_story() -> None:
    first, second = (str(run(7, told=True).system.story) for _ in range(2))
    assert first == second
    assert len(first.splitlines()) > 50
