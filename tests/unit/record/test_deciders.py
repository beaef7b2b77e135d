"""Who decided about a response and about a change: a release replaces nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import Entry, link
from ringfence.record.deciders import Deciders
from ringfence.record.facts import (
    RELEASE,
    DecisionMade,
    Fact,
    Intended,
    Outcome,
    Released,
    Result,
    RunRequested,
)
from ringfence.record.summary import Summary
from tests.support.fakes.chains import NOON, LockDoor, contained, more, stamp

STEP = LockDoor("front", before="open", after="shut")
DRILL = RunRequested("run", "a drill")
OVER = RunRequested("release", "the drill is over")
POLICY = "5" * 64


def decided(reason: str, policy: str = POLICY) -> DecisionMade:
    return DecisionMade(Decision(Mode.AUTO, reason), NOON + timedelta(hours=1), policy=policy)


def started(*facts: Fact) -> list[Entry]:
    return list(link(stamp(), None, facts))


RUN = (DRILL, decided("requested by kim"), Intended("n-1", "contain", STEP), Outcome("n-1", Result.APPLIED))
UNDO = (
    OVER,
    decided("release requested by kim", policy=""),
    Intended("n-2", RELEASE, STEP.inverse()),
    Outcome("n-2", Result.APPLIED),
)


def test_after_a_release_the_response_is_that_of_the_run_and_of_its_policy() -> None:
    before = Deciders.of_response(Summary.of(started(*RUN)))
    after = Deciders.of_response(Summary.of(started(*RUN, *UNDO, Released(()))))
    assert after == before
    assert (after.request, after.policy, after.reason) == ("a drill", POLICY, "requested by kim")


def test_what_a_finding_started_was_requested_by_nobody_also_after_a_release() -> None:
    entries = (*contained(), *more(contained(), *UNDO))
    found = Deciders.of_response(Summary.of(entries))
    assert (found.requested_by, found.request) == ("", "")


def test_a_change_of_a_release_was_decided_by_who_requested_the_release() -> None:
    change = Deciders.of_change(Summary.of(started(*RUN, *UNDO)))
    assert (change.request, change.reason, change.policy) == (
        "the drill is over",
        "release requested by kim",
        "",
    )


def test_a_change_of_a_run_was_decided_by_who_requested_the_run() -> None:
    change = Deciders.of_change(Summary.of(started(*RUN)))
    assert (change.request, change.policy) == ("a drill", POLICY)


def test_a_dry_run_of_a_release_is_no_request() -> None:
    looked = replace(OVER, dry_run=True)
    entries = started(*RUN, looked, decided("release requested by kim", policy=""))
    assert Deciders.of_response(Summary.of(entries)) == Deciders.of_response(Summary.of(started(*RUN)))


def test_a_later_run_whose_policy_is_another_one_is_what_counts() -> None:
    again = (RunRequested("run --direct", "a second drill"), decided("requested by ada", policy="6" * 64))
    entries = started(*RUN, *UNDO, *again, Intended("n-3", "contain", STEP))
    found = Deciders.of_response(Summary.of(entries))
    assert (found.request, found.policy) == ("a second drill", "6" * 64)
