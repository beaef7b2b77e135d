"""The limits on target groups, clusters and roles: what counts, and what holds while a group is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringfence.observations.ec2.placement import RoleSize
from ringfence.record.chain import ChainKey, Members
from tests.support.limits import RUNBOOK, Fleet, only
from tests.support.worlds import REF

PLACE = f"{REF.account}/{REF.region}"


def outbreak(given: Fleet, findings: int, minutes: int = 61) -> int:
    """Respond to a finding about one instance after the other. Return how many are isolated."""
    for number in range(findings):
        given.respond(number)
        given.clock.tick(minutes=minutes)
    return len(given.isolated())


def behind(share: int = 20, **targets: int) -> Fleet:
    """Return instances that are registered with these target groups, each with its number of targets."""
    return Fleet(only("target-group", share=share), targets=dict(targets))


@pytest.mark.parametrize(("size", "most"), [(0, 1), (3, 1), (5, 1), (9, 1), (10, 2), (20, 4)])
def test_a_share_of_a_target_group_is_contained_at_a_time_and_at_least_one(size: int, most: int) -> None:
    assert outbreak(behind(web=size), 8) == most


def test_the_smallest_of_several_target_groups_decides() -> None:
    assert outbreak(behind(web=50, admin=10), 6) == 2


def test_instances_of_no_target_group_do_not_count_for_any() -> None:
    given = behind()
    assert outbreak(given, 6) == 6
    assert not [key for key in given.log.slots if "target-group" in key]


def test_hours_and_days_of_a_target_group_are_counted() -> None:
    given = Fleet(only("target-group", hour=2, day=3), targets={"web": 50})
    assert outbreak(given, 4, minutes=1) == 2
    given.clock.tick(hours=1)
    outbreak(given, 8, minutes=1)
    assert len(given.isolated()) == 3


def test_while_the_target_groups_are_not_known_one_instance_of_a_vpc_is_contained_at_a_time() -> None:
    given = Fleet(only("target-group", share=20))
    given.respond(0, vpc="vpc-1")
    given.respond(1, vpc="vpc-2")
    given.respond(2, vpc="vpc-1")
    assert given.isolated() == {given.ref(0).id, given.ref(1).id}
    told = "\n".join(given.told(2))
    assert f"target-group/{PLACE}/unknown/vpc-1: at most 1 at a time without a person" in told
    assert "it is not known which target groups the instance is registered with" in told


@pytest.mark.parametrize(("hours", "isolated"), [(47, 2), (49, 1), (-1, 1)])
def test_target_groups_count_as_known_for_two_days(hours: int, isolated: int) -> None:
    given = Fleet(only("target-group", share=20))
    for number in range(2):
        read_at = given.clock() - timedelta(hours=hours)
        given.log.members[ChainKey(RUNBOOK.id, given.ref(number).key).text] = Members((), read_at)
        given.respond(number)
    assert len(given.isolated()) == isolated


def test_what_is_held_back_for_a_target_group_can_be_answered_together() -> None:
    given = behind(web=5)
    outbreak(given, 2)
    told = "\n".join(given.told(1))
    assert f"target-group/{PLACE}/web: at most 1 at a time without a person" in told
    assert f"ringfence approve --breaker target-group/{PLACE}/web/open" in told


def test_a_critical_finding_has_no_other_share() -> None:
    given = behind(web=5)
    given.respond(0, severity=9.5)
    given.respond(1, severity=9.5)
    assert len(given.isolated()) == 1


@pytest.mark.parametrize(("size", "most"), [(0, 1), (5, 1), (10, 2), (20, 4)])
def test_a_share_of_the_instances_of_a_role_is_contained_at_a_time(size: int, most: int) -> None:
    given = Fleet(only("role", share=20), profile="web", sizes={"web": size})
    assert outbreak(given, 8) == most


def test_the_share_of_a_role_has_one_count_in_all_regions() -> None:
    given = Fleet(only("role", share=20), profile="web")
    given.respond(0)
    assert f"limit/role/{REF.account}/web/open/0" in given.log.slots


def test_the_size_of_a_role_is_read_only_after_the_containment() -> None:
    given = Fleet(only("role", share=20), profile="web", sizes={"web": 10})
    given.respond(0)
    assert given.clouds[given.ref(0)].looks[-1] == (RoleSize,)


def test_the_instances_of_a_role_count_by_hour_together_with_its_sessions() -> None:
    given = Fleet(only("role", hour=2), profile="web")
    assert outbreak(given, 4, minutes=1) == 2
    assert {key.rpartition("/")[0] for key in given.log.slots} >= {f"limit/role/{REF.account}/web/hour"}


def test_the_instances_of_a_cluster_are_counted() -> None:
    given = Fleet(only("cluster", hour=2), cluster="eks/web")
    assert outbreak(given, 4, minutes=1) == 2
    assert f"cluster/{PLACE}/eks/web: at most 2 an hour without a person" in "\n".join(given.told(2))


def test_an_instance_without_cluster_and_profile_counts_for_none() -> None:
    for scope in ("cluster", "role"):
        assert outbreak(Fleet(only(scope, hour=1)), 3, minutes=1) == 3
