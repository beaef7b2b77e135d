"""Limits on what runs without a person: what counts, what is held back, and who is asked."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.limits import CRITICAL_DEFAULTS, DEFAULTS, Limit, Limits
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.facts import DecisionMade
from ringfence.record.slots import LIMIT
from ringfence.record.status import IncidentStatus
from tests.support.limits import Fleet, only

if TYPE_CHECKING:
    from ringfence.record.chain import Slot

OTHER = "444455556666"


def limited(fleet: Fleet, number: int) -> bool:
    """Return whether a person is asked because of a limit."""
    made = fleet.history(number).of(DecisionMade)
    return any(
        one.decision.code is DecisionCode.LIMITED and one.decision.mode is Mode.APPROVE for one in made
    ) and bool(fleet.history(number).of(ApprovalRequested))


def used(fleet: Fleet) -> dict[str, Slot]:
    """Return the places that responses use."""
    return {key: one for key, one in fleet.log.slots.items() if key.startswith(LIMIT)}


@pytest.mark.parametrize("scope", ["overall", "account", "runbook", "vpc"])
def test_past_the_limit_of_a_scope_a_person_is_asked(scope: str) -> None:
    fleet = Fleet(only(scope, hour=2))
    for number in range(4):
        fleet.respond(number)
    assert len(fleet.isolated()) == 2
    assert [limited(fleet, number) for number in range(4)] == [False, False, True, True]
    told = "\n".join(fleet.told(3))
    assert f"{scope}" in told
    assert "at most 2 an hour" in told


def test_people_are_told_urgently_once_in_a_window() -> None:
    fleet = Fleet(only("account", hour=1))
    for number in range(5):
        fleet.respond(number)
        fleet.respond(number)
    urgent = [one for number in range(5) for one in fleet.told(number) if "limit reached:" in one]
    assert len(urgent) == 1
    assert "account/111122223333: at most 1 in an hour" in urgent[0]
    fleet.clock.tick(hours=1)
    for number in range(5, 8):
        fleet.respond(number)
    urgent = [one for number in range(8) for one in fleet.told(number) if "limit reached:" in one]
    assert len(urgent) == 2


@pytest.mark.parametrize(
    ("scope", "elsewhere"),
    [("account", {"account": OTHER}), ("vpc", {"vpc": "vpc-2"}), ("auto-scaling-group", {"group": "batch"})],
)
def test_another_account_vpc_or_group_has_a_limit_of_its_own(scope: str, elsewhere: dict[str, str]) -> None:
    fleet = Fleet(only(scope, hour=1))
    fleet.respond(0, group="web")
    fleet.respond(1, **{"group": "web", **elsewhere})  # type: ignore[arg-type]  # a row of the table
    fleet.respond(2, group="web")
    assert fleet.isolated() == {fleet.ref(0).id, fleet.ref(1).id}


def test_a_place_is_free_after_its_window_and_the_day_counts_what_the_hour_forgot() -> None:
    fleet = Fleet(only("overall", hour=1, day=2))
    for number in range(3):
        fleet.respond(number)
        fleet.clock.tick(hours=1)
    assert fleet.isolated() == {fleet.ref(0).id, fleet.ref(1).id}
    fleet.clock.tick(days=1)
    fleet.respond(3)
    assert fleet.ref(3).id in fleet.isolated()


def test_the_same_incident_counts_once() -> None:
    fleet = Fleet(only("overall", hour=2))
    for _ in range(4):
        fleet.respond(0)
        fleet.clock.tick(minutes=1)
    fleet.respond(1)
    assert len(fleet.isolated()) == 2


def test_critical_findings_have_a_budget_of_their_own_and_a_limit_too() -> None:
    fleet = Fleet(only("overall", hour=1, critical=(Limit("overall", hour=2),)))
    for number in range(3):
        fleet.respond(number)
    for number in range(3, 6):
        fleet.respond(number, severity=9.5)
    assert fleet.isolated() == {fleet.ref(0).id, fleet.ref(3).id, fleet.ref(4).id}


def test_also_critical_findings_take_no_second_instance_out_of_a_group() -> None:
    fleet = Fleet(Limits())
    fleet.respond(0, group="web")
    fleet.respond(1, group="web", severity=9.5)
    assert fleet.isolated() == {fleet.ref(0).id}


def test_without_a_limit_nothing_is_counted() -> None:
    fleet = Fleet(only("overall"))
    for number in range(5):
        fleet.respond(number)
    assert len(fleet.isolated()) == 5
    assert fleet.log.slots == {}


def test_what_waits_for_a_person_uses_no_place() -> None:
    fleet = Fleet(only("overall", hour=1))
    fleet.respond(0)
    before = used(fleet)
    result = fleet.respond(1)
    assert used(fleet) == before
    assert result.status is not IncidentStatus.CONTAINED


def test_a_response_uses_a_place_of_each_limit_in_the_transaction_of_its_intents() -> None:
    fleet = Fleet(Limits())
    fleet.respond(0, group="web")
    names = {one.name for one in fleet.log.slots.values()}
    assert names == {
        f"limit/{name}/{window}"
        for name in (
            "overall",
            "account/111122223333",
            "runbook/contain-instance",
            "vpc/111122223333/eu-west-1/vpc-1",
            "auto-scaling-group/111122223333/eu-west-1/web",
            f"subject/contain-instance/{fleet.ref(0).key}",
        )
        for window in ("hour", "day")
    } - {f"limit/subject/contain-instance/{fleet.ref(0).key}/day"} | {
        "limit/auto-scaling-group/111122223333/eu-west-1/web/open",
        "limit/target-group/111122223333/eu-west-1/unknown/vpc-1/open",
    }


def test_new_incidents_on_one_subject_back_off() -> None:
    """Somebody closes the incident each time, so each finding opens another one."""
    fleet = Fleet(only("subject", hour=2))
    for _ in range(2):
        fleet.respond(0)
        fleet.log = fleet.log.without_chains()
        fleet.clouds.clear()
        fleet.clock.tick(minutes=5)
    fleet.respond(0)
    assert fleet.isolated() == frozenset()
    assert limited(fleet, 0)
    fleet.clock.tick(hours=1)
    fleet.log = fleet.log.without_chains()
    fleet.respond(0)
    assert fleet.isolated() == {fleet.ref(0).id}


def test_the_defaults_are_on_and_the_critical_budget_is_the_larger_one() -> None:
    ordinary, critical = ({one.scope: one for one in many} for many in (DEFAULTS, CRITICAL_DEFAULTS))
    for scope, one in critical.items():
        assert one.hour > ordinary[scope].hour > 0
        assert one.day > ordinary[scope].day > 0


def test_the_notice_names_the_commands_that_answer_what_waits_and_quotes_what_an_intruder_chose() -> None:
    fleet = Fleet(only("auto-scaling-group", hour=1))
    for number in range(2):
        fleet.respond(number, group="$(id)'")
    (urgent,) = (one for one in fleet.told(1) if "limit reached" in one)
    lines = [one.partition(": ")[2] for one in urgent.splitlines() if "--breaker" in one]
    limit = "auto-scaling-group/111122223333/eu-west-1/$(id)'/hour"
    assert [shlex.split(one)[:4] for one in lines] == [
        ["ringfence", answer, "--breaker", limit] for answer in ("approve", "reject")
    ]
