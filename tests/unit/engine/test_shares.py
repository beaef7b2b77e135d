"""The share of an Auto Scaling group that may be contained at a time without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.engine.limit_names import named
from ringfence.engine.limit_resets import LimitKeeper
from ringfence.engine.ports import Ports
from ringfence.model.errors import Retryable
from ringfence.observations.ec2.placement import GroupSize
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.facts import Released
from tests.support import pauses
from tests.support.fakes.memory_limits import MemoryLimitItems
from tests.support.limits import RUNBOOK, Fleet, only
from tests.support.worlds import REF

if TYPE_CHECKING:
    from ringfence.record.limit_usage import Usage

WEB = f"auto-scaling-group/{REF.account}/{REF.region}/web"


def fleet(size: int = 0, share: int = 20) -> Fleet:
    return Fleet(only("auto-scaling-group", share=share), sizes={"web": size})


def outbreak(given: Fleet, findings: int, minutes: int = 61) -> int:
    """Respond to a finding about one instance after the other. Return how many are isolated."""
    for number in range(findings):
        given.respond(number, group="web")
        given.clock.tick(minutes=minutes)
    return len(given.isolated())


def release(given: Fleet, number: int) -> None:
    """End a containment, as a person does."""
    history = given.history(number)
    key = ChainKey(RUNBOOK.id, given.ref(number).key)
    stamp = Stamp(key, history.incident, "ann", "release", given.clock())
    given.log.append(key, history, link(stamp, history.head, (Released(),)), None)


def usage(given: Fleet) -> Usage:
    ports = Ports(given.cloud(99), given.log, given.clock, lambda jobs: [job() for job in jobs])
    keeper = LimitKeeper(ports, MemoryLimitItems(given.log), pauses.HOME)
    (found,) = keeper.usage((named(given.limits, f"{WEB}/open", given.clock()),))
    return found


@pytest.mark.parametrize(
    ("size", "share", "most"),
    [(5, 20, 1), (9, 20, 1), (10, 20, 2), (3, 20, 1), (20, 20, 4), (10, 50, 5), (10, 100, 10)],
)
def test_a_share_of_a_group_is_contained_at_a_time_and_at_least_one(size: int, share: int, most: int) -> None:
    assert outbreak(fleet(size, share), 12) == most


def test_whatever_is_asked_about_is_held_back_for_the_share() -> None:
    given = fleet(5)
    outbreak(given, 2)
    told = "\n".join(given.told(1))
    assert f"{WEB}: at most 1 at a time without a person" in told
    assert f"ringfence approve --breaker {WEB}/open" in told


def test_a_containment_that_is_over_makes_room_for_the_next_one() -> None:
    given = fleet(5)
    assert outbreak(given, 3) == 1
    release(given, 0)
    given.respond(3, group="web")
    assert given.isolated() == {given.ref(0).id, given.ref(3).id}


def test_a_place_is_used_from_the_intent_on_before_anything_is_contained() -> None:
    given = fleet(5)
    outbreak(given, 1, minutes=1)
    release(given, 0)
    given.respond(1, group="web")
    assert given.isolated() == {given.ref(0).id}


def test_without_a_size_one_is_contained_at_a_time() -> None:
    assert outbreak(fleet(), 4) == 1


def test_a_size_counts_for_a_week() -> None:
    for days, isolated in ((6, 2), (8, 1)):
        given = fleet(10)
        outbreak(given, 1)
        given.clock.tick(days=days)
        given.respond(1, group="web")
        assert len(given.isolated()) == isolated


def test_a_smaller_group_than_before_has_a_smaller_share() -> None:
    given = fleet(20)
    assert outbreak(given, 3) == 3
    given.sizes["web"] = 10
    given.respond(3, group="web")
    assert len(given.isolated()) == 4
    given.clock.tick(minutes=61)
    given.respond(4, group="web")
    assert len(given.isolated()) == 4


def test_a_size_that_somebody_raises_counts_only_after_a_day() -> None:
    """Who can change the desired capacity could take more of the group out of service otherwise."""
    given = fleet(10)
    outbreak(given, 2)
    given.sizes["web"] = 100
    given.respond(2, group="web")
    given.clock.tick(hours=2)
    given.respond(3, group="web")
    assert len(given.isolated()) == 2
    release(given, 0)
    given.clock.tick(hours=23)
    given.respond(4, group="web")  # what it reads counts from now on
    given.respond(5, group="web")
    assert len(given.isolated()) == 4


def test_for_a_share_of_one_no_size_is_kept() -> None:
    given = fleet(9)
    given.respond(0, group="web")
    assert not [key for key in given.log.slots if "/size" in key]


def test_another_group_has_a_share_of_its_own() -> None:
    given = fleet(5)
    outbreak(given, 2)
    given.respond(7, group="batch")
    assert given.isolated() == {given.ref(0).id, given.ref(7).id}


def test_a_size_that_cannot_be_read_changes_nothing_about_the_containment() -> None:
    given = fleet(5)
    given.cloud(0, group="web").unreadable = {GroupSize: Retryable("throttled")}
    result = given.respond(0, group="web")
    assert result.verified is not None
    assert result.verified.contained
    assert not result.followups or "throttled" not in str(result.followups)


def test_it_is_read_only_after_the_containment_and_only_for_a_group() -> None:
    given = fleet(5)
    given.respond(0, group="web")
    looks = given.clouds[given.ref(0)].looks
    assert looks[-1] == (GroupSize,)
    assert sum(GroupSize in one for one in looks) == 1
    given.respond(1)
    assert not any(GroupSize in one for one in given.clouds[given.ref(1)].looks)


def test_a_person_sees_the_share_and_can_reset_it() -> None:
    given = fleet(10)
    outbreak(given, 3)
    given.respond(4, group="web")
    found = usage(given)
    assert (found.most, len(found.used), found.free, found.next_free_at) == (2, 2, 0, None)
    assert found.breaker is not None
    ports = Ports(given.cloud(99), given.log, given.clock, lambda jobs: [job() for job in jobs])
    keeper = LimitKeeper(ports, MemoryLimitItems(given.log), pauses.HOME)
    keeper.reset(named(given.limits, f"{WEB}/open", given.clock()), "go on", pauses.context(given.clock()))
    assert (usage(given).most, usage(given).free) == (2, 2)
    given.respond(5, group="web")
    assert len(given.isolated()) == 3
