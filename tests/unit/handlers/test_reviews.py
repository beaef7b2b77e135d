"""Scheduled reviews: where they look, at what, and what becomes of what they find."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.reviews import AT_ONCE, IN_A_ROW, LOOK, Place, Tour
from ringfence.handlers.threads import Threads
from ringfence.model.errors import BadInput, InternalError, Retryable, UnknownRecord
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.subject import GLOBAL, IdentityRef
from ringfence.policy.decision import Mode, Policy, RunbookSettings
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.samples.hardening import HARDEN, REF
from tests.support.worlds import LEASE
from tests.unit.engine.test_hardening import Home
from tests.unit.policy.test_selection import SETTINGS

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.ports import SideBySide
    from ringfence.model.finding import Finding
    from ringfence.model.reviews import Review
    from ringfence.model.subject import Ref

ACCOUNTS = (REF.account, "444455556666")
POLICY = Policy(ACCOUNTS, default=Mode.AUTO)


@dataclass
class Listed(MemoryCloud):
    """A cloud that writes down which accounts were listed."""

    accounts: list[str] = field(default_factory=list)

    def listed(self, account: str, region: str, review: Review) -> tuple[Ref, ...]:
        self.accounts.append(account)
        return super().listed(account, region, review)


@dataclass
class Crowd(MemoryCloud):
    """A cloud with so many subjects."""

    many: int = 100

    def listed(self, account: str, region: str, review: Review) -> tuple[Ref, ...]:
        del review
        return tuple(BucketRef(account, region, f"bucket-{number}") for number in range(self.many))


def tour(policy: Policy = POLICY) -> Tour:
    home = Home()
    return Tour(HARDEN, policy, home.engine.ports, home.clock() + LEASE, in_turn)


def crowded(many: int, side_by_side: SideBySide = in_turn) -> Tour:
    """Return a tour of one account with many subjects."""
    home = Home()
    ports = replace(home.engine.ports, cloud=Crowd(home.cloud.world, home.clock, many=many))
    return Tour(HARDEN, Policy((REF.account,)), ports, home.clock() + timedelta(minutes=9), side_by_side)


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

    def look(finding: Finding, _: datetime) -> tuple[str, ...]:
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
        made = Tour(HARDEN, home.policy, home.engine.ports, home.clock() + LEASE, in_turn)
        made.make(REF.region, lambda finding, _: tuple(home.receive(finding))[:0])
        assert home.on == {"first"}
        home.clock.tick(hours=1)
    assert len({entry.attempt for entry in home.history.entries}) == 2  # the first stage, and what is left


def test_one_subject_that_fails_keeps_no_other_from_being_looked_at() -> None:
    looked: list[str] = []

    def look(finding: Finding, _: datetime) -> tuple[str, ...]:
        looked.append(finding.account)
        raise Retryable("throttled")

    with pytest.raises(Retryable, match="throttled"):
        tour().make(REF.region, look)
    assert looked == [REF.account, REF.account]  # the fake lists the same subject for every account


def test_no_look_is_begun_when_the_time_is_up() -> None:
    late = replace(tour(), until=tour().ports.clock())
    with pytest.raises(Retryable, match=r"a-bucket was not reviewed: the time is over"):
        late.make(REF.region, lambda *_: pytest.fail("it looked"))


def test_what_must_be_looked_at_again_is_raised_and_so_tried_again() -> None:
    with pytest.raises(Retryable, match="another execution is acting on this resource"):
        tour(Policy((REF.account,))).make(
            REF.region, lambda *_: ("another execution is acting on this resource",)
        )


def test_a_look_may_change_something_for_as_long_as_an_events_and_no_longer_than_the_tour() -> None:
    """Whoever finds the subject taken waits for that long, should the review have died."""
    told: list[timedelta] = []
    made = crowded(1)
    now = made.ports.clock()

    def look(_: Finding, until: datetime) -> tuple[str, ...]:
        told.append(until - now)
        return ()

    for rest in (timedelta(minutes=9), LOOK - timedelta(seconds=1)):
        replace(made, until=now + rest).make(REF.region, look)
    assert told == [LOOK, LOOK - timedelta(seconds=1)]


def test_a_few_subjects_are_looked_at_side_by_side() -> None:
    meet = Barrier(AT_ONCE, timeout=60)

    def look(*_: object) -> tuple[str, ...]:
        meet.wait()  # goes on once so many look
        return ()

    assert crowded(3 * AT_ONCE, Threads(width=AT_ONCE)).make(REF.region, look) == 3 * AT_ONCE


def test_a_tour_ends_where_one_look_after_another_is_throttled() -> None:
    """What is asked too often is not asked thousands of times more; the next tour begins elsewhere."""
    looked: list[Finding] = []

    def look(finding: Finding, _: datetime) -> tuple[str, ...]:
        looked.append(finding)
        raise Retryable("iam:GetUser: Throttling: Rate exceeded")

    with pytest.raises(Retryable, match="Rate exceeded"):
        crowded(10 * IN_A_ROW).make(REF.region, look)
    assert len(looked) == IN_A_ROW


def test_a_tour_goes_on_where_some_looks_fail_and_where_what_fails_is_not_the_service() -> None:
    looked: list[Finding] = []

    def some(finding: Finding, _: datetime) -> tuple[str, ...]:
        looked.append(finding)
        if len(looked) % IN_A_ROW:
            raise Retryable("iam:GetUser: Throttling: Rate exceeded")
        return ()

    def bad(finding: Finding, _: datetime) -> tuple[str, ...]:
        looked.append(finding)
        raise BadInput("subject", "is odd")

    def unknown(finding: Finding, _: datetime) -> tuple[str, ...]:
        looked.append(finding)
        raise UnknownRecord("entry 2 cannot be read")

    for look in (some, bad, unknown):
        looked.clear()
        with pytest.raises((Retryable, BadInput)):
            crowded(3 * IN_A_ROW).make(REF.region, look)
        assert len(looked) == 3 * IN_A_ROW


def test_tours_begin_in_different_places_so_that_all_have_their_turn_where_time_is_short() -> None:
    accounts = tuple(f"{number:012}" for number in range(20))
    home, first = Home(), set()
    for _ in range(20):
        cloud = Listed(home.cloud.world, home.clock)
        ports = replace(home.engine.ports, cloud=cloud)
        made = Tour(HARDEN, Policy(accounts), ports, home.clock() + LEASE, in_turn)
        assert made.make(REF.region, lambda *_: ()) == 20
        assert sorted(cloud.accounts) == list(accounts)
        first.add(cloud.accounts[0])
        home.clock.tick(days=1)
    assert len(first) > 1


def test_a_runbook_without_a_review_makes_no_tour() -> None:
    without = replace(tour(), runbook=replace(HARDEN, review=None))
    with pytest.raises(InternalError, match="harden-toy has no scheduled review"):
        without.make(REF.region, lambda *_: ())


def test_the_toys_listing_names_the_subject_in_the_place_that_is_looked_at() -> None:
    assert HARDEN.review
    talk = HARDEN.review.listing("444455556666", "eu-north-1")
    with pytest.raises(StopIteration) as ended:
        next(talk)
    assert ended.value.value == (BucketRef("444455556666", "eu-north-1", REF.id),)
