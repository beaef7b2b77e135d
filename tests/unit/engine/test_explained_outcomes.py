"""What is recorded of a change without an answer if another change of its target explains what is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringfence.engine.outcomes import resolve
from ringfence.record.chain import Stamp, link
from ringfence.record.facts import RELEASE, DecisionMade, Fact, Intended, Outcome, Result
from ringfence.record.history import History
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.fakes.scene import KEY, Scene
from tests.support.worlds import AUTO

BEFORE, DETOUR, ISOLATED = "sg-before", "sg-detour", "sg-isolated"


def moved(intent: str, before: str, after: str, stage: str = "isolate") -> Intended:
    return Intended(
        intent, stage, SetSecurityGroups("eni-0", "vpc-1", frozenset({before}), frozenset({after}))
    )


def answered(intent: str, result: str, by: str = "call") -> Outcome:
    return Outcome(intent, result, by)


def results(shown: str, *facts: Fact) -> dict[str, str]:
    """Return what a look proves of open intents, long after each change would be visible."""
    scene = Scene()
    scene.move(shown)
    assert scene.cloud.world
    stamp = Stamp(KEY, "inc-1", "ringfence", "a-1", scene.clock())
    history = History(link(stamp, None, (DecisionMade(AUTO, scene.clock()), *facts)))
    now = scene.clock() + timedelta(minutes=5)
    found = resolve(history, (), scene.cloud.world, frozenset({"isolate", RELEASE}), now)
    assert not found.unclear
    return {one.intent: one.result for one in found.outcomes}


def test_a_detour_on_the_way_to_a_value_that_is_set_again_is_unknown_and_no_drift() -> None:
    """The first isolation was answered. A look did not show it, so both moves were planned again.

    Nobody but Ringfence changed the groups. Whether the second detour was made, no look can show.
    """
    first = (moved("a.0", BEFORE, ISOLATED), answered("a.0", Result.APPLIED))
    again = (moved("b.0", BEFORE, DETOUR), moved("b.1", BEFORE, ISOLATED))
    assert results(ISOLATED, *first, *again) == {"b.0": Result.UNKNOWN, "b.1": Result.UNKNOWN}


def test_a_value_that_an_earlier_answered_change_set_is_no_drift() -> None:
    first = (moved("a.0", BEFORE, ISOLATED), answered("a.0", Result.APPLIED))
    assert results(ISOLATED, *first, moved("b.0", BEFORE, DETOUR)) == {"b.0": Result.UNKNOWN}


def test_a_change_that_an_unknown_one_may_have_undone_is_not_called_not_applied() -> None:
    there = moved("a.0", BEFORE, ISOLATED)
    back = (moved("r.0", ISOLATED, BEFORE, RELEASE), answered("r.0", Result.UNKNOWN, "observation"))
    assert results(BEFORE, there, *back) == {"a.0": Result.UNKNOWN}


@pytest.mark.parametrize("result", [Result.REFUSED, Result.FAILED, Result.NOT_APPLIED, Result.SKIPPED])
def test_a_change_that_was_not_made_explains_nothing(result: str) -> None:
    first = (moved("a.0", BEFORE, ISOLATED), answered("a.0", result))
    assert results(ISOLATED, *first, moved("b.0", BEFORE, DETOUR)) == {"b.0": Result.DRIFTED}


def test_a_value_that_ringfence_never_set_is_drift() -> None:
    first = (moved("a.0", BEFORE, ISOLATED), answered("a.0", Result.APPLIED))
    assert results("sg-of-somebody", *first, moved("b.0", BEFORE, DETOUR)) == {"b.0": Result.DRIFTED}


def test_a_change_that_no_other_one_explains_is_proved_not_made() -> None:
    assert results(BEFORE, moved("a.0", BEFORE, ISOLATED)) == {"a.0": Result.NOT_APPLIED}
