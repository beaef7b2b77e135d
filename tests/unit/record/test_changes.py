"""The changes of a response say who made them, when, and when their outcome was recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.record.chain import link
from ringfence.record.changes import BEGUN, changes
from ringfence.record.facts import Intended, Outcome, Result
from ringfence.record.summary import Summary
from tests.support.fakes.chains import NOON, LockDoor, stamp

if TYPE_CHECKING:
    from ringfence.record.chain import Entry
    from ringfence.record.facts import Fact

STEP = LockDoor("front", "open", "locked")
OPERATOR = "arn:aws:sts::111122223333:assumed-role/operator/kim"
INTENT = Intended("i-1", "contain", STEP)


def chain(*facts: tuple[Fact, str, int]) -> tuple[Entry, ...]:
    """Return a chain of facts, each with its actor and its minute."""
    entries: tuple[Entry, ...] = ()
    for fact, actor, minute in facts:
        made = stamp(after=60 * minute, actor=actor)
        entries += link(made, entries[-1] if entries else None, (fact,))
    return entries


@pytest.mark.parametrize("actor", ["ringfence-contain-instance", OPERATOR])
def test_a_change_says_who_made_it_and_when_its_outcome_was_recorded(actor: str) -> None:
    done = Outcome(intent="i-1", result=Result.APPLIED)
    (one,) = changes(Summary.of(chain((INTENT, actor, 1), (done, "another", 3))))
    assert (one.by, one.at, one.finished) == (
        actor,
        NOON + timedelta(minutes=1),
        NOON + timedelta(minutes=3),
    )
    shown = one.as_json()
    assert (shown["by"], shown["finished"]) == (actor, "2025-11-22T12:03:00+00:00")


def test_a_change_without_an_outcome_is_not_finished() -> None:
    (one,) = changes(Summary.of(chain((INTENT, OPERATOR, 1))))
    assert (one.result, one.finished, one.as_json()["finished"]) == (BEGUN, None, None)


def test_a_change_that_was_undone_and_made_again_is_there_twice_and_a_failed_attempt_is_not() -> None:
    made, failed = (Outcome("i-1", one) for one in (Result.APPLIED, Result.FAILED))
    again = (Intended("i-2", "contain", STEP), Outcome("i-2", Result.APPLIED))
    for first, times in ((made, [1, 3]), (failed, [3])):
        facts = (INTENT, first, *again)
        found = changes(Summary.of(chain(*((one, OPERATOR, at) for at, one in enumerate(facts, start=1)))))
        assert [one.at for one in found] == [NOON + timedelta(minutes=one) for one in times]
        assert all(one.applied for one in found)
