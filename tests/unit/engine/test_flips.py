"""Somebody undoes a fix again and again: one incident, few notices, and fixes that wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.flips import AT_ONCE, LONGEST
from ringfence.engine.intake import answers, recheck, resumed
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.results import RECHECK_AFTER, FollowupKind
from ringfence.record.facts import FindingReceived, Released, RemediationUndone
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from tests.support.samples.hardening import HARDEN
from tests.unit.engine.test_hardening import Home
from tests.unit.policy.test_selection import verdict

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.model.finding import Finding

MALLORY, KIM = (f"arn:aws:iam::111122223333:user/{name}" for name in ("mallory", "kim"))


def found(home: Home, number: int, name: str = "first-on", who: str = MALLORY) -> Finding:
    """A finding of this moment."""
    at = home.clock()
    return replace(verdict(name), id=f"f-{number}", updated_at=at, last_seen=at, suspects=(who,))


def flip(home: Home, number: int, name: str = "first-on", who: str = MALLORY) -> list[IncidentStatus]:
    """Let somebody turn the switches off again, and receive the finding about it; minutes pass."""
    home.set()
    statuses = home.receive(found(home, number, name, who))
    home.clock.tick(minutes=5)
    return statuses


def asked(home: Home, finding: Finding) -> tuple[ResponseRequest, ResponseResult]:
    """Receive a finding, and return the request and its result."""
    (order,) = answers(finding, "{}", HARDEN, home.policy, home.execution)
    assert isinstance(order, ResponseRequest)
    return order, home.engine.respond(order)


def test_the_second_fix_within_an_hour_joins_the_incident_and_says_who_undid_the_first() -> None:
    home = Home()
    flip(home, 0)
    first = home.history.incident
    assert flip(home, 1) == [IncidentStatus.COMPLETE]
    assert home.history.incident == first
    assert home.on == {"first"}
    (fact,) = home.history.of(RemediationUndone)
    assert (fact.times, fact.who, fact.until) == (1, (MALLORY,), None)
    assert home.told() == ["remediated", "undone 1 time within an hour"]


def test_further_fixes_wait_and_name_everybody_who_undid_one() -> None:
    home = Home()
    for number in range(AT_ONCE):
        flip(home, number)
    home.set()
    order, result = asked(home, found(home, 9, who=KIM))
    assert result.status is IncidentStatus.JOINED
    assert home.on == frozenset()
    last = home.history.last(RemediationUndone)
    assert last
    assert (last.times, last.who, last.until) == (AT_ONCE, (KIM, MALLORY), home.clock() + RECHECK_AFTER)
    (followup,) = result.followups
    assert (followup.kind, followup.after) == (FollowupKind.RECHECK, RECHECK_AFTER)
    assert Summary.of(home.history.entries).status is IncidentStatus.OPEN
    home.clock.tick(minutes=15)
    home.engine.respond(resumed(recheck(order, result), HARDEN, home.execution))
    assert home.on == {"first"}
    assert Summary.of(home.history.entries).status is IncidentStatus.COMPLETE


def test_while_a_fix_waits_findings_are_recorded_without_a_notice_or_another_message() -> None:
    home = Home()
    for number in range(AT_ONCE + 1):
        flip(home, number)
    told = home.told()
    for number in range(10, 15):
        home.set()
        _, result = asked(home, found(home, number))
        assert (result.status, result.followups) == (IncidentStatus.JOINED, ())
    assert home.told() == told
    assert len(home.history.of(FindingReceived)) == AT_ONCE + 1 + 5


def test_a_finding_whose_message_was_lost_leads_to_the_later_fix_again() -> None:
    home = Home()
    for number in range(AT_ONCE):
        flip(home, number)
    home.set()
    finding = found(home, 9)
    asked(home, finding)
    _, repeated = asked(home, finding)
    assert repeated.follows(FollowupKind.RECHECK)
    assert len(home.history.of(RemediationUndone)) == AT_ONCE


def test_another_value_does_not_wait() -> None:
    home = Home()
    for number in range(AT_ONCE + 1):
        flip(home, number)
    assert "first" not in home.on
    home.set()
    asked(home, found(home, 20, "second-on"))
    assert home.on == {"second"}


def test_a_value_that_keeps_being_undone_does_not_hold_back_the_fix_of_another_one() -> None:
    """Otherwise an intruder flips something harmless to keep something harmful."""
    home = Home()
    for number in range(AT_ONCE):
        flip(home, number)
    home.set()
    asked(home, found(home, 20, "both-on"))
    assert home.on == {"first", "second"}
    last = home.history.last(RemediationUndone)
    assert last
    assert (last.targets, last.until) == (("switch/first",), None)


def test_a_fix_that_waits_does_not_hold_back_the_fix_of_another_value() -> None:
    home = Home()
    for number in range(AT_ONCE + 1):
        flip(home, number)
    home.set()
    asked(home, found(home, 20, "both-on"))
    assert home.on == {"first", "second"}


def test_values_that_are_undone_together_wait_together() -> None:
    home = Home()
    for number in range(AT_ONCE):
        flip(home, number, "both-on")
    home.set()
    _, result = asked(home, found(home, 20, "both-on"))
    assert result.status is IncidentStatus.JOINED
    assert home.on == frozenset()


def test_after_a_day_flips_open_another_incident() -> None:
    home = Home()
    flip(home, 0)
    first, number = home.history.incident, 1
    while home.clock() < home.history.entries[0].at + LONGEST and number < 60:
        home.clock.tick(minutes=40)
        flip(home, number)
        number += 1
    assert home.history.incident != first


def test_a_release_restores_the_value_from_before_the_first_fix() -> None:
    home = Home()
    flip(home, 0)
    flip(home, 1)
    home.release(home.history.incident)
    assert home.history.last(Released) is not None
    assert home.on == frozenset()
