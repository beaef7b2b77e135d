"""Law: an approval has one outcome, whoever answers, whenever, and wherever a process dies."""

from __future__ import annotations

from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.requests import Approving
from ringfence.model.errors import Refused, RingfenceError
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.approvals import ApprovalStatus
from ringfence.record.facts import DecisionMade, Intended, Verified
from tests.support.asking import ANNA, BERT, VETO, Place
from tests.support.fakes.interruption import Killed, Killer, Turns, interleavings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.asking import Gate

S = ApprovalStatus
MOST_CALLS = 60


def asked(*, vetoable: bool = False) -> Place:
    place = Place(decision=VETO) if vetoable else Place()
    place.respond()
    return place


def begun(place: Place) -> int:
    return sum(bool(one.approval) for one in place.history.of(DecisionMade))


def is_done(place: Place) -> bool:
    last = place.history.last(Verified)
    return last is not None and last.contained and last.whole


def killed(work: Callable[[Gate], object], number: int, *, after: bool) -> bool:
    """Do something whose process dies at a call. Return whether it died."""
    killer = Killer(number, after=after)
    try:
        work(killer)
    except Killed:
        return True
    return False


EACH_SEED = pytest.mark.parametrize("seed", [None, 1, 2], ids=["calm", "chaos-1", "chaos-2"])
"""In chaos answers are lost and looks are stale after a process died."""
AFTER = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


@EACH_SEED
@AFTER
def test_an_answer_whose_process_dies_is_lost_or_carried_out_once(after: bool, seed: int | None) -> None:  # noqa: FBT001 - a parameter
    died = []
    for number in range(1, MOST_CALLS):
        place = asked()
        died.append(killed(partial(place.ask, Answer.APPROVE, ANNA), number, after=after))
        place.clock.tick(minutes=2)
        if seed:
            place.break_out(seed)
        place.deliver()
        recorded = bool(place.history.of(ApprovalAnswered))
        assert begun(place) == recorded, "a recorded answer is carried out without the person"
        place.heard(partial(place.ask, Answer.APPROVE))
        place.deliver()
        if place.chaos:
            place.chaos.calm = True
            place.clock.tick(minutes=2)
            place.look()
        assert begun(place) == 1
        assert is_done(place)
        if not died[-1]:
            break
    assert any(died)
    assert not died[-1]


@EACH_SEED
@AFTER
def test_a_plan_whose_process_dies_begins_once_and_is_finished(after: bool, seed: int | None) -> None:  # noqa: FBT001 - a parameter
    died = []
    for number in range(1, MOST_CALLS):
        place = asked()
        place.answer(Answer.APPROVE)
        died.append(killed(partial(looked, place), number, after=after))
        if seed:
            place.break_out(seed)
        for number_of_look in range(6):
            place.clock.tick(minutes=1)
            if place.chaos and number_of_look == 5:
                place.chaos.calm = True
            place.look()
        assert begun(place) == 1
        assert place.statuses == [S.BEGUN]
        assert is_done(place)
        if not died[-1]:
            break
    assert any(died)
    assert not died[-1]


def looked(place: Place, gate: Gate) -> object:
    """Handle a message about the newest approval."""
    return place.engine(gate).run(place.request(Approving(place.approvals[-1].id)))


def side_by_side(schedule: str, a: Callable[[Gate], object], b: Callable[[Gate], object]) -> list[object]:
    """Do two things in a fixed order of their calls. Return what each ended with."""
    turns, ends = Turns(schedule), {}

    def run(me: str, work: Callable[[Gate], object]) -> None:
        try:
            ends[me] = work(turns.gate(me))
        except RingfenceError as error:
            ends[me] = error
        finally:
            turns.ended(me)

    threads = [Thread(target=run, args=pair) for pair in (("a", a), ("b", b))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ends["a"], ends["b"]]


SCHEDULES = tuple(interleavings(3, 3))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_of_two_people_at_once_one_answer_counts(schedule: str) -> None:
    place = asked()
    ends = side_by_side(
        schedule,
        lambda gate: place.ask(Answer.APPROVE, ANNA, gate),
        lambda gate: place.ask(Answer.REJECT, BERT, gate),
    )
    assert sum(isinstance(one, Refused) for one in ends) == 1
    (answered,) = place.history.of(ApprovalAnswered)
    place.deliver()
    approved = answered.answer == Answer.APPROVE
    assert begun(place) == approved
    assert place.statuses == [S.BEGUN if approved else S.REJECTED]
    assert bool(place.history.of(Intended)) is approved


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_veto_at_the_last_moment_stops_the_plan_or_comes_too_late(schedule: str) -> None:
    place = asked(vetoable=True)
    told = Approving(place.approvals[0].id, told="accepted", told_at=place.clock())
    place.clock.tick(minutes=5)
    ends = side_by_side(
        schedule,
        lambda gate: place.engine(gate).run(place.request(told)),
        lambda gate: place.ask(Answer.REJECT, BERT, gate),
    )
    vetoed = not isinstance(ends[1], RingfenceError)
    assert place.statuses == [S.REJECTED if vetoed else S.BEGUN]
    assert begun(place) == (not vetoed)
    assert bool(place.history.of(Intended)) is not vetoed


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_plan_that_two_messages_begin_begins_once(schedule: str) -> None:
    place = asked()
    place.answer(Answer.APPROVE)
    side_by_side(
        schedule,
        partial(looked, place),
        partial(looked, place),
    )
    place.clock.tick(minutes=1)
    place.look()
    assert begun(place) == 1
    assert is_done(place)
    assert len(place.cloud.calls) == len(set(place.cloud.calls))
