"""What a person reads first about a response: why it was changed, and whether something is left to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision, Mode
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.brief import Brief, Decided
from ringfence.record.chain import Entry, link
from ringfence.record.facts import (
    RELEASE,
    ContainmentBroken,
    DecisionMade,
    Fact,
    FindingReceived,
    Intended,
    Planned,
    RunRequested,
    Verified,
)
from ringfence.record.summary import Summary
from tests.support.fakes.chains import NOON, LockDoor, contained, finding, more, opened, stamp

ASKED = ApprovalRequested("a-1", "0" * 64, (), NOON, NOON + timedelta(hours=4), ApprovalRules())
STEP = LockDoor("front", before="open", after="shut")
LOOK = RunRequested("run", "a drill", dry_run=True)
AUTOMATIC = Decided("auto", "the policy says so")
BY_KIM = Decided("dry-run", "requested by kim")


def decided(mode: Mode = Mode.DRY_RUN, reason: str = "requested by kim") -> DecisionMade:
    return DecisionMade(Decision(mode, reason), NOON + timedelta(hours=1))


def brief(*entries: Entry) -> Brief:
    return Brief(Summary.of(entries))


def started_with(*facts: Fact) -> Brief:
    return brief(*link(stamp(), None, facts))


def test_a_later_dry_run_does_not_replace_the_decision_that_led_to_the_changes() -> None:
    one = brief(*contained(), *more(contained(), LOOK, decided()))
    assert (one.decided, one.decided_later) == (AUTOMATIC, BY_KIM)


def test_a_decision_that_led_to_newer_changes_is_shown() -> None:
    again = more(contained(), decided(Mode.AUTO, "another finding"), Intended("n-2", "contain", STEP))
    one = brief(*contained(), *again)
    assert (one.decided, one.decided_later) == (Decided("auto", "another finding"), None)


def test_what_is_contained_again_after_a_dry_run_was_decided_before_it() -> None:
    again = more(contained(), LOOK, decided(), Intended("n-2", "contain", STEP))
    one = brief(*contained(), *again)
    assert (one.decided, one.decided_later) == (AUTOMATIC, BY_KIM)


def test_a_dry_run_does_not_replace_the_decision_to_ask_people() -> None:
    asked = opened(mode=Mode.APPROVE)
    waits = more(asked, ASKED)
    one = brief(*asked, *waits, *more((*asked, *waits), LOOK, decided()))
    assert (one.decided.mode, one.decided_later) == ("approve", BY_KIM)


def test_how_containment_was_undone_is_told_once_the_resource_is_contained_again() -> None:
    broken = ContainmentBroken(("move eni-1",), who="eve", call="ec2:ModifyNetworkInterfaceAttribute")
    first = contained()
    assert brief(*first, *more(first, broken)).overcome == ()
    again = brief(
        *first, *more(first, broken, ContainmentBroken(()), Verified(contained=True, complete=True))
    )
    assert [one.words for one in again.overcome] == [
        "by eve with ec2:ModifyNetworkInterfaceAttribute",
        "no event shows by whom",
    ]


def test_a_release_changes_no_decision() -> None:
    undo = more(contained(), decided(Mode.AUTO), Intended("n-2", RELEASE, STEP.inverse()))
    one = brief(*contained(), *undo)
    assert (one.decided, one.decided_later) == (AUTOMATIC, None)


def test_without_changes_the_newest_decision_is_shown() -> None:
    one = brief(*opened(mode=Mode.NOTIFY), *more(opened(mode=Mode.NOTIFY), decided()))
    assert (one.decided, one.decided_later) == (BY_KIM, None)
    assert brief().decided.words == "no decision yet"


@pytest.mark.parametrize("first", [LOOK, RunRequested("run", "a drill")], ids=["dry run", "run"])
def test_a_plan_that_a_person_looked_at_leaves_nothing_to_do(first: RunRequested) -> None:
    assert not started_with(first, decided(), Planned("contain", "0" * 64, (STEP,))).open


def test_a_plan_about_a_finding_is_open() -> None:
    assert started_with(FindingReceived(finding()), decided(), Planned("contain", "0" * 64, (STEP,))).open
