"""Whether a plan that was agreed to was begun already, and by whom."""

from __future__ import annotations

import pytest

from ringfence.engine.plan_binding import started_plan
from ringfence.record.chain import Entry, Stamp, link
from ringfence.record.facts import RunRequested
from ringfence.record.history import History
from tests.support.fakes.chains import INCIDENT, KEY, NOON

PLAN = "a" * 64
YES = RunRequested("run", "it beacons", plan=PLAN)
LOOK = RunRequested("run", "it beacons", dry_run=True)
RELEASE = RunRequested("release", "false alarm")


def history(*wishes: tuple[str, RunRequested]) -> History:
    """A chain of what people asked for, each with who did."""
    entries: list[Entry] = []
    for actor, wish in wishes:
        stamp = Stamp(KEY, INCIDENT, actor, "call-1", NOON)
        entries += link(stamp, entries[-1] if entries else None, (wish,))
    return History(tuple(entries))


def test_what_a_person_was_let_begin_is_begun() -> None:
    assert started_plan(history(("kim", LOOK), ("kim", YES), ("sam", LOOK)), "kim", (PLAN,)) == PLAN


@pytest.mark.parametrize("since", [("kim", LOOK), ("kim", RELEASE), ("sam", RELEASE), ("sam", YES)])
def test_it_is_not_where_something_else_was_asked_for_since(since: tuple[str, RunRequested]) -> None:
    assert not started_plan(history(("kim", YES), since), "kim", (PLAN,))


def test_nor_where_another_plan_nothing_or_only_a_look_was_agreed_to() -> None:
    assert not started_plan(history(("kim", YES)), "kim", ("b" * 64,))
    assert not started_plan(history(), "kim", (PLAN,))
    assert not started_plan(
        history(("kim", RunRequested("run", "it beacons", dry_run=True, plan=PLAN))), "kim", (PLAN,)
    )
