"""Scheduled reviews: a message for each place, bounded parts, and what becomes of what fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.parts import A_SECOND, AGAIN, APART, DUE, LONGEST, MOST, REVIEW, TRIES, Part, part_of
from ringfence.handlers.reviews import AT_ONCE, IN_A_ROW, LOOK, Tour
from ringfence.handlers.threads import Threads
from ringfence.model.errors import AccessDenied, BadInput, InternalError, Retryable, UnknownRecord
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.place import Place
from ringfence.model.reviews import Listed
from ringfence.model.subject import GLOBAL, IdentityRef
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.samples.hardening import HARDEN, REF
from tests.unit.engine.test_hardening import Home
from tests.unit.policy.test_selection import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.engine.ports import SideBySide
    from ringfence.model.finding import Finding
    from ringfence.model.reviews import Review

ACCOUNTS = (REF.account, "444455556666")
MANY = tuple(f"{number:012}" for number in range(1, 101))
POLICY = Policy(ACCOUNTS, default=Mode.AUTO)


@dataclass
class Crowd(MemoryCloud):
    """A cloud with so many subjects in each place. `denied` are accounts that answer nothing."""

    many: int = 1
    denied: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    lists: list[str] = field(default_factory=list)

    def listed(self, account: str, region: str, review: Review) -> Listed:
        del review
        self.lists.append(account)
        if account in self.denied:
            raise AccessDenied(f"sts:AssumeRole of {account}: AccessDenied")
        refs = tuple(BucketRef(account, region, f"bucket-{number}") for number in range(self.many))
        return Listed(refs, self.unread)


@dataclass
class Reviewed:
    """A tour with the messages that it sent. `deliver` handles one of them, as the second queue does."""

    policy: Policy = POLICY
    many: int = 1
    denied: tuple[str, ...] = ()
    side_by_side: SideBySide = in_turn
    look: Callable[[Finding, datetime], tuple[str, ...]] | None = None
    sent: list[tuple[str, int]] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    until: timedelta = timedelta(minutes=4)

    def __post_init__(self) -> None:
        home = Home()
        self.clock = home.clock
        self.cloud = Crowd(home.cloud.world, home.clock, many=self.many, denied=self.denied)
        ports = replace(home.engine.ports, cloud=self.cloud)
        self.tour = Tour(HARDEN, self.policy, ports, self.side_by_side, self.send)

    def send(self, text: str, seconds: int) -> None:
        self.sent.append((text, seconds))

    def see(self, finding: Finding, until: datetime) -> tuple[str, ...]:
        self.looked.extend(one.key for one in finding.subjects)
        return self.look(finding, until) if self.look else ()

    def begin(self) -> list[Part]:
        """Begin the review. Return the parts that were sent."""
        self.tour.begin(REF.region)
        return self.parts()

    def parts(self) -> list[Part]:
        """Take the messages that were sent."""
        texts, self.sent = self.sent, []
        return [part for text, _ in texts if (part := part_of(text, HARDEN.id, self.clock()))]

    def work(self, part: Part) -> int:
        return self.tour.work(part, REF.region, self.clock() + self.until, self.see)

    def part(self, *subjects: str, tries: int = 0, account: str = REF.account) -> Part:
        return Part(REVIEW, HARDEN.id, self.clock() + DUE, account, REF.region, subjects, tries)


def test_every_account_is_looked_at_in_the_home_region_unless_the_policy_names_regions() -> None:
    assert list(Reviewed().tour.places("eu-west-1")) == [Place(account, "eu-west-1") for account in ACCOUNTS]
    named = Reviewed(replace(POLICY, regions=("eu-north-1", "eu-west-3"))).tour
    assert [one.region for one in named.places("eu-west-1")] == ["eu-north-1", "eu-west-3"] * 2


def test_what_is_global_is_looked_at_once_in_an_account() -> None:
    everywhere = replace(POLICY, regions=("eu-north-1", "eu-west-3"))
    of_identities = replace(Reviewed(everywhere).tour, runbook=replace(HARDEN, subject=IdentityRef))
    assert list(of_identities.places("eu-west-1")) == [Place(account, GLOBAL) for account in ACCOUNTS]


def test_a_hundred_accounts_are_bounded_messages_and_one_bad_account_keeps_none_back() -> None:
    bad = MANY[3]
    made = Reviewed(Policy(MANY), many=2 * MOST + 1, denied=(bad,))
    parts = made.begin()
    assert not made.cloud.lists, "the schedule reads nothing"
    assert [part.account for part in parts] == list(MANY)
    handled = 0
    while parts:
        part, *parts = parts
        before = len(made.looked), len(made.cloud.lists)
        made.work(part)
        assert len(made.looked) - before[0] <= MOST
        assert len(made.cloud.lists) - before[1] <= 1
        parts += made.parts()
        handled += 1
    assert made.cloud.lists.count(bad) == TRIES
    assert sorted(set(made.cloud.lists)) == sorted(MANY)
    assert len(made.looked) == len(set(made.looked)) == (len(MANY) - 1) * (2 * MOST + 1)
    assert handled == (len(MANY) - 1) * 3 + TRIES


def test_messages_fit_into_a_queue_and_are_not_all_delivered_at_once() -> None:
    made = Reviewed(Policy(MANY), many=3 * MOST)
    made.tour.begin(REF.region)
    assert [seconds for _, seconds in made.sent] == [number // A_SECOND for number in range(len(MANY))]
    made.work(made.parts()[0])
    assert [seconds for _, seconds in made.sent] == [APART, 2 * APART]
    assert all(len(text) < 250_000 for text, _ in made.sent)


def test_no_delay_is_longer_than_the_queue_allows() -> None:
    made = Reviewed(many=(LONGEST // APART + 3) * MOST)
    made.work(made.part())
    assert max(seconds for _, seconds in made.sent) == LONGEST


def test_a_place_whose_message_cannot_be_sent_keeps_no_other_back_and_the_schedule_tries_again() -> None:
    made = Reviewed()
    sent: list[str] = []

    def send(text: str, _: int) -> None:
        sent.append(text)
        if len(sent) == 1:
            raise Retryable("sqs:SendMessage: throttled")

    with pytest.raises(Retryable, match="throttled"):
        replace(made.tour, send=send).begin(REF.region)
    assert len(sent) == len(ACCOUNTS)


def test_each_subject_is_looked_at_because_of_a_routine_finding_of_our_own() -> None:
    found: list[Finding] = []

    def look(finding: Finding, _: datetime) -> tuple[str, ...]:
        found.append(finding)
        return ()

    made = Reviewed(look=look)
    assert made.work(made.part()) == 1
    (finding,) = found
    assert (finding.source, finding.type) == ("ringfence", "Review:switches")
    assert finding.subjects == (BucketRef(REF.account, REF.region, "bucket-0"),)
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
        made = Tour(HARDEN, home.policy, home.engine.ports, in_turn, lambda *_: None)
        part = Part(REVIEW, HARDEN.id, home.clock() + DUE, REF.account, REF.region)
        until = home.clock() + timedelta(minutes=4)
        made.work(part, REF.region, until, lambda finding, _: tuple(home.receive(finding))[:0])
        assert home.on == {"first"}
        home.clock.tick(hours=1)
    assert len({entry.attempt for entry in home.history.entries}) == 2  # the first stage, and what is left


def test_what_fails_is_looked_at_again_alone_and_a_few_times_and_then_a_person_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def look(finding: Finding, _: datetime) -> tuple[str, ...]:
        if finding.subjects[0].id == "bucket-1":
            raise Retryable("throttled")
        return ()

    made = Reviewed(many=3, look=look)
    assert made.work(made.part()) == 3
    for after in AGAIN:
        ((_, seconds),) = made.sent
        assert seconds == after
        (part,) = made.parts()
        assert [key.rpartition("/")[2] for key in part.subjects] == ["bucket-1"]
        assert "ReviewFailed" not in capsys.readouterr().out
        assert made.work(part) == 1
    assert made.sent == []
    assert "ReviewFailed" in capsys.readouterr().out


def test_what_another_execution_acts_on_is_looked_at_again() -> None:
    made = Reviewed(look=lambda *_: ("another execution is acting on this resource",))
    made.work(made.part())
    (part,) = made.parts()
    assert part.tries == 1


def test_no_look_is_begun_when_the_time_is_up_and_that_is_no_failure() -> None:
    made = Reviewed(many=2, until=timedelta(0))
    assert made.work(made.part()) == 0
    ((_, seconds),) = made.sent
    (part,) = made.parts()
    assert (len(part.subjects), part.tries, seconds) == (2, 0, 0)


def test_a_review_that_is_due_is_given_up_so_that_two_do_not_pile_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = Reviewed()
    part = made.part()
    made.clock.tick(seconds=DUE.total_seconds())
    assert made.work(part) == 0
    assert (made.sent, made.cloud.lists) == ([], [])
    assert "ReviewFailed" in capsys.readouterr().out


def test_what_is_not_read_to_its_end_is_told_and_the_rest_is_looked_at(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    made = Reviewed()
    made.cloud.unread = ("only the newest 1000 calls of DeleteTrail were read",)
    assert made.work(made.part()) == 1
    assert "ReviewFailed" in capsys.readouterr().out
    assert [vars(one)["why"] for one in caplog.records if one.levelname == "ERROR"] == [*made.cloud.unread]


def test_a_place_that_left_the_scope_is_not_read() -> None:
    made = Reviewed()
    assert made.work(made.part(account="999900001111")) == 0
    assert made.cloud.lists == []


def test_a_look_may_change_something_for_as_long_as_an_events_and_no_longer_than_its_execution() -> None:
    """Whoever finds the subject taken waits for that long, should the review have died."""
    told: list[datetime] = []

    def look(_: Finding, until: datetime) -> tuple[str, ...]:
        told.append(until)
        return ()

    for rest, given in ((timedelta(minutes=4), LOOK), (short := LOOK - timedelta(seconds=1), short)):
        made = Reviewed(until=rest, look=look)
        now = made.clock()
        made.work(made.part())
        assert told.pop() == now + given


def test_a_few_subjects_are_looked_at_side_by_side() -> None:
    meet = Barrier(AT_ONCE, timeout=60)

    def look(*_: object) -> tuple[str, ...]:
        meet.wait()  # goes on once so many look
        return ()

    made = Reviewed(many=3 * AT_ONCE, side_by_side=Threads(width=AT_ONCE), look=look)
    assert made.work(made.part()) == 3 * AT_ONCE


def test_a_part_ends_where_one_look_after_another_is_throttled() -> None:
    """What is asked too often is not asked thousands of times more; the rest of it waits."""

    def look(*_: object) -> tuple[str, ...]:
        raise Retryable("iam:GetUser: Throttling: Rate exceeded")

    made = Reviewed(many=MOST, look=look)
    made.work(made.part())
    assert len(made.looked) == IN_A_ROW
    (part,) = made.parts()
    assert len(part.subjects) == MOST


def test_a_part_goes_on_where_some_looks_fail_and_where_what_fails_is_not_the_service(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = Reviewed(many=3 * IN_A_ROW)

    def some(*_: object) -> tuple[str, ...]:
        if len(made.looked) % IN_A_ROW:
            raise Retryable("iam:GetUser: Throttling: Rate exceeded")
        return ()

    def bad(*_: object) -> tuple[str, ...]:
        raise BadInput("subject", "is odd")

    def broken(*_: object) -> tuple[str, ...]:
        raise InternalError("a bug")

    def unknown(*_: object) -> tuple[str, ...]:
        raise UnknownRecord("entry 2 cannot be read")

    for look, again in ((some, True), (bad, False), (broken, False), (unknown, True)):
        made.looked.clear()
        made.look = look
        made.work(made.part())
        assert len(made.looked) == 3 * IN_A_ROW
        assert bool(made.parts()) is again
        assert ("ReviewFailed" in capsys.readouterr().out) is not again


def test_a_runbook_without_a_review_makes_no_tour() -> None:
    without = replace(Reviewed().tour, runbook=replace(HARDEN, review=None))
    with pytest.raises(InternalError, match="harden-toy has no scheduled review"):
        without.begin(REF.region)


def test_a_message_of_another_kind_is_none_and_a_strange_one_is_bad_input() -> None:
    made = Reviewed()
    now = made.clock()
    assert part_of('{"version":1,"subject":"x"}', HARDEN.id, now) is None
    text = made.part("a").text
    for old, new in (
        (HARDEN.id, "contain-instance"),
        ('"review"', '"revue"'),
        ('"due":"', '"due":"x'),
        ('"tries":0', '"tries":"0"'),
        ('["a"]', "[1]"),
    ):
        assert old in text
        with pytest.raises(BadInput):
            part_of(text.replace(old, new), HARDEN.id, now)
    with pytest.raises(BadInput):
        part_of("{", HARDEN.id, now)


@pytest.mark.parametrize("tries", [-(10**9), -1, TRIES + 1])
def test_a_message_that_would_be_tried_too_often_is_bad_input(tries: int) -> None:
    made = Reviewed()
    with pytest.raises(BadInput, match=rf"tries.*{tries}"):
        part_of(made.part("a", tries=tries).text, HARDEN.id, made.clock())


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(days=30_000)])
def test_a_message_that_is_due_later_than_a_look_lasts_is_bad_input(later: timedelta) -> None:
    made = Reviewed()
    part = made.part("a", tries=TRIES)
    assert part_of(part.text, HARDEN.id, made.clock()) == part
    endless = replace(part, due=part.due + later)
    with pytest.raises(BadInput, match=r"due.*50 minutes"):
        part_of(endless.text, HARDEN.id, made.clock())


def test_the_toys_listing_names_the_subject_in_the_place_that_is_looked_at() -> None:
    assert HARDEN.review
    talk = HARDEN.review.listing("444455556666", "eu-north-1")
    with pytest.raises(StopIteration) as ended:
        next(talk)
    assert ended.value.value == Listed((BucketRef("444455556666", "eu-north-1", REF.id),))
