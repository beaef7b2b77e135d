"""What those who read and reset limits get, and what is recorded of it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.limit_resets import LimitKeeper, key_of
from ringfence.engine.ports import Ports
from ringfence.handlers.limits import LimitService
from ringfence.model.errors import BadInput, Refused, Retryable, RingfenceError
from ringfence.policy.limits import Limit, Limits
from ringfence.policy.policy import Policy
from ringfence.record.deployment_facts import LimitReset
from ringfence.record.notices import notice
from ringfence.record.timeline import timeline
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support import pauses
from tests.support.fakes.memory_limits import MemoryLimitItems
from tests.support.fakes.seals import DOWN, FixedSeals
from tests.support.limits import Fleet, only
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERALL = "overall/hour"
WHY = {"limit": OVERALL, "reason": "the outbreak is real"}
WEB = f"auto-scaling-group/{REF.account}/{REF.region}/web"


class Desk:
    """The service for a fleet that limits stop."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.fleet = Fleet(limits or only("overall", hour=2))
        self.items = MemoryLimitItems(self.fleet.log)
        ports = Ports(
            self.fleet.cloud(99), self.fleet.log, self.fleet.clock, lambda jobs: [job() for job in jobs]
        )
        policy = Policy((REF.account,), limits=self.fleet.limits)
        self.service = LimitService(LimitKeeper(ports, self.items, pauses.HOME), CATALOGUE, policy)

    def reset(self, **fields: object) -> Mapping[str, object]:
        return self.service.reset({**WHY, **fields}, pauses.context(self.fleet.clock(), "reset-1"))

    def shown(self, limit: str, asked: Mapping[str, object] = MappingProxyType({})) -> dict[str, object]:
        """Return what a person sees of a limit that is listed."""
        listed = self.service.listed(dict(asked))["limits"]
        assert isinstance(listed, list)
        (one,) = (each for each in listed if each["limit"] == limit)
        return dict(one)

    @property
    def recorded(self) -> tuple[LimitReset, ...]:
        return self.fleet.log.read(key_of(pauses.HOME)).of(LimitReset)


def test_a_limit_shows_what_is_used_what_is_free_and_when_the_next_place_is() -> None:
    desk = Desk()
    assert desk.shown(OVERALL) == {
        "limit": OVERALL, "most": 2, "used": 0, "free": 2, "next_free_at": None, "breaker": None
    }  # fmt: skip
    desk.fleet.respond(0)
    desk.fleet.clock.tick(minutes=20)
    desk.fleet.respond(1)
    found = desk.shown(OVERALL)
    assert (found["used"], found["free"]) == (2, 0)
    assert str(found["next_free_at"]).startswith("2026-03-01T13:00:0")
    desk.fleet.clock.tick(minutes=45)
    assert (desk.shown(OVERALL)["used"], desk.shown(OVERALL)["free"]) == (1, 1)


def test_a_breaker_is_shown_with_the_incident_that_opened_it_until_its_window_is_over() -> None:
    desk = Desk(only("overall", hour=1))
    desk.fleet.respond(0)
    assert desk.shown(OVERALL)["breaker"] is None
    desk.fleet.respond(1)
    opened = desk.fleet.clock()
    breaker = desk.shown(OVERALL)["breaker"]
    assert isinstance(breaker, dict)
    assert breaker["incident"] == desk.fleet.history(1).incident
    assert str(breaker["opened_at"])[:16] == f"{opened:%Y-%m-%dT%H:%M}"
    desk.fleet.clock.tick(hours=1, minutes=1)
    assert desk.shown(OVERALL)["breaker"] is None


def test_a_limit_of_a_group_is_listed_when_it_was_reached_and_shown_when_it_is_named() -> None:
    desk = Desk(only("auto-scaling-group", hour=1))
    desk.fleet.respond(0, group="web")
    assert desk.shown(f"{WEB}/hour", {"limit": f"{WEB}/hour"})["used"] == 1
    assert desk.service.listed({})["limits"] == []
    desk.fleet.respond(1, group="web")
    assert desk.shown(f"{WEB}/hour")["free"] == 0


def test_both_budgets_of_everything_that_the_policy_names_are_listed() -> None:
    listed = Desk(Limits()).service.listed({})["limits"]
    assert isinstance(listed, list)
    names = {one["limit"] for one in listed}
    assert {"overall/day", "critical/overall/hour", f"account/{REF.account}/hour"} <= names
    assert {f"critical/runbook/{one}/day" for one in CATALOGUE} <= names
    assert len(names) == 4 * (2 + len(CATALOGUE))


def test_after_a_reset_as_many_run_again_and_everybody_knows_who_did_it_and_why() -> None:
    desk = Desk()
    for number in range(3):
        desk.fleet.respond(number)
    owners = [desk.fleet.ref(number).key for number in (0, 1)]
    answer = desk.reset()
    assert (answer["used"], answer["free"], answer["breaker"]) == (0, 2, None)
    assert sorted(answer["freed"]) == owners  # type: ignore[call-overload]  # a list
    (fact,) = desk.recorded
    assert (fact.limit, fact.most, fact.reason) == (OVERALL, 2, WHY["reason"])
    entries = desk.fleet.log.read(key_of(pauses.HOME)).entries
    assert entries[-1].actor == pauses.ANN
    told = notice(entries)
    assert told is not None
    assert all(words in told.text for words in (pauses.ANN, WHY["reason"], OVERALL, *owners))
    assert WHY["reason"] in timeline(entries)[-1].rendered.notes
    for number in range(3, 6):
        desk.fleet.respond(number)
    assert desk.fleet.isolated() == {desk.fleet.ref(number).id for number in (0, 1, 3, 4)}


def test_after_a_reset_people_are_told_again_when_the_limit_is_reached_again() -> None:
    desk = Desk(only("overall", hour=1))
    for number in range(2):
        desk.fleet.respond(number)
    desk.reset()
    for number in range(2, 4):
        desk.fleet.respond(number)
    told = [one for number in range(4) for one in desk.fleet.told(number) if "limit reached:" in one]
    assert len(told) == 2


def test_a_place_that_is_used_during_a_reset_stays_counted() -> None:
    desk = Desk(only("overall", hour=1))
    desk.fleet.respond(0)
    desk.fleet.clock.tick(minutes=59)

    def meanwhile() -> None:
        desk.fleet.clock.tick(minutes=2)
        desk.fleet.respond(1)

    desk.items.before = meanwhile
    desk.reset()
    assert desk.shown(OVERALL)["used"] == 1


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"limit": "overall"}, BadInput, "name of a limit"),
        ({"limit": "overall/week"}, BadInput, "not a limit of the policy"),
        ({"limit": "critical/subject/x/hour"}, BadInput, "name of a limit"),
        ({"limit": "overall/x/hour"}, BadInput, "name of a limit"),
        ({"limit": "account/1 2/hour"}, BadInput, "name of a limit"),
        ({"limit": ""}, BadInput, "limit"),
        ({"reason": " "}, BadInput, "reason"),
        ({"limits": OVERALL}, BadInput, "limits"),
        ({}, Refused, "nothing uses"),
    ],
)
def test_a_wrong_request_resets_nothing(
    fields: dict[str, object], kind: type[RingfenceError], words: str
) -> None:
    desk = Desk()
    with pytest.raises(kind, match=words):
        desk.reset(**fields)
    assert not desk.recorded


def test_without_a_seal_nobody_could_prove_who_reset_a_limit_so_it_stays() -> None:
    desk = Desk()
    desk.fleet.respond(0)
    desk.fleet.log.seals = FixedSeals(DOWN)
    with pytest.raises(Retryable, match="only a sealed entry"):
        desk.reset()
    assert desk.shown(OVERALL)["used"] == 1


def test_a_limit_that_the_policy_no_longer_has_is_not_listed() -> None:
    desk = Desk(only("overall", hour=1))
    for number in range(2):
        desk.fleet.respond(number)
    without = replace(desk.service.policy, limits=Limits((Limit("account", 5),), ()))
    listed = replace(desk.service, policy=without).listed({})["limits"]
    assert [one["limit"] for one in listed] == [f"account/{REF.account}/hour"]  # type: ignore[attr-defined]  # a list
