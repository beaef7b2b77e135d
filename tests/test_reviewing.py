"""Scheduled reviews: where they look, at what, and what becomes of what they find."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from ringfence.core.errors import Bug, Retryable
from ringfence.core.policy import Mode, Policy, RunbookSettings
from ringfence.core.subject import GLOBAL, BucketRef, IdentityRef
from ringfence.reviewing import Place, Tour
from tests.core.test_selection import SETTINGS
from tests.fakes.memory_cloud import MemoryCloud
from tests.samples.hardening import HARDEN, REF
from tests.test_hardening import Home
from tests.worlds import LEASE

if TYPE_CHECKING:
    from ringfence.core.finding import Finding
    from ringfence.core.reviews import Review
    from ringfence.core.subject import Ref

ACCOUNTS = (REF.account, "444455556666")
POLICY = Policy(ACCOUNTS, default=Mode.AUTO)


@dataclass
class Listed(MemoryCloud):
    """A cloud that writes down which accounts were listed."""

    accounts: list[str] = field(default_factory=list)

    def listed(self, account: str, region: str, review: Review) -> tuple[Ref, ...]:
        self.accounts.append(account)
        return super().listed(account, region, review)


def tour(policy: Policy = POLICY) -> Tour:
    home = Home()
    return Tour(HARDEN, policy, home.engine.ports, home.clock() + LEASE)


def test_every_account_is_looked_at_in_the_home_region_unless_the_policy_names_regions() -> None:
    assert list(tour().places("eu-west-1")) == [Place(account, "eu-west-1") for account in ACCOUNTS]
    named = tour(replace(POLICY, regions=("eu-north-1", "eu-west-3")))
    assert [one.region for one in named.places("eu-west-1")] == ["eu-north-1", "eu-west-3"] * 2


def test_what_is_global_is_looked_at_once_in_an_account() -> None:
    everywhere = replace(POLICY, regions=("eu-north-1", "eu-west-3"))
    of_identities = replace(tour(everywhere), runbook=replace(HARDEN, subject=IdentityRef))
    assert list(of_identities.places("eu-west-1")) == [Place(account, GLOBAL) for account in ACCOUNTS]


def test_each_subject_is_looked_at_because_of_a_routine_finding_of_our_own() -> None:
    found: list[Finding] = []

    def look(finding: Finding) -> tuple[str, ...]:
        found.append(finding)
        return ()

    assert tour(Policy((REF.account,))).make(REF.region, look) == 1
    (finding,) = found
    assert (finding.source, finding.type, finding.subjects) == ("ringfence", "Review:switches", (REF,))
    assert finding.routine
    assert HARDEN.answers(finding)


def test_what_is_found_is_put_right_and_the_next_look_writes_nothing() -> None:
    home = Home(
        Policy(
            (REF.account,),
            default=Mode.AUTO,
            runbooks=((HARDEN.id, RunbookSettings(HARDEN.ids, answers=SETTINGS.answers)),),
        )
    )
    for _ in range(2):
        made = Tour(HARDEN, home.policy, home.engine.ports, home.clock() + LEASE)
        made.make(REF.region, lambda finding: tuple(home.receive(finding))[:0])
        assert home.on == {"first"}
        home.clock.tick(hours=1)
    assert len({entry.attempt for entry in home.history.entries}) == 2  # the first stage, and what is left


def test_one_subject_that_fails_keeps_no_other_from_being_looked_at() -> None:
    looked: list[str] = []

    def look(finding: Finding) -> tuple[str, ...]:
        looked.append(finding.account)
        raise Retryable("throttled")

    with pytest.raises(Retryable, match="throttled"):
        tour().make(REF.region, look)
    assert looked == [REF.account, REF.account]  # the fake lists the same subject for every account


def test_no_look_is_begun_when_the_time_is_up() -> None:
    late = replace(tour(), until=tour().ports.clock())
    with pytest.raises(Retryable, match=r"a-bucket was not looked at: the time is up"):
        late.make(REF.region, lambda _: pytest.fail("it looked"))


def test_what_must_be_looked_at_again_is_raised_and_so_tried_again() -> None:
    with pytest.raises(Retryable, match="another execution is acting on it"):
        tour(Policy((REF.account,))).make(REF.region, lambda _: ("another execution is acting on it",))


def test_tours_begin_in_different_places_so_that_all_have_their_turn_where_time_is_short() -> None:
    accounts = tuple(f"{number:012}" for number in range(20))
    home, first = Home(), set()
    for _ in range(20):
        cloud = Listed(home.cloud.world, home.clock)
        ports = replace(home.engine.ports, cloud=cloud)
        assert (
            Tour(HARDEN, Policy(accounts), ports, home.clock() + LEASE).make(REF.region, lambda _: ()) == 20
        )
        assert sorted(cloud.accounts) == list(accounts)
        first.add(cloud.accounts[0])
        home.clock.tick(days=1)
    assert len(first) > 1


def test_a_runbook_without_a_review_makes_no_tour() -> None:
    without = replace(tour(), runbook=replace(HARDEN, review=None))
    with pytest.raises(Bug, match="harden-toy has no scheduled review"):
        without.make(REF.region, lambda _: ())


def test_the_toys_listing_names_the_subject_in_the_place_that_is_looked_at() -> None:
    assert HARDEN.review
    talk = HARDEN.review.listing("444455556666", "eu-north-1")
    with pytest.raises(StopIteration) as ended:
        next(talk)
    assert ended.value.value == (BucketRef("444455556666", "eu-north-1", REF.id),)
