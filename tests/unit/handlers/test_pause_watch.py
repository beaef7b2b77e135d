"""Each minute: people are told that a pause ends soon and that it ended, and of an item that is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from ringfence.engine.pauses import key_of
from ringfence.handlers.pause_watch import PauseWatch
from ringfence.record.deployment_facts import PausesChanged
from ringfence.record.notices import notice
from ringfence.record.pauses import Pauses
from tests.support import pauses
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import Ticking, estate

if TYPE_CHECKING:
    from ringfence.aws.notice import Topic
    from ringfence.record.notices import Notice


class Minutes:
    """A deployment in which the schedule runs each minute."""

    def __init__(self) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        self.cloud = MemoryCloud(estate(), self.clock)
        self.published: list[Notice] = []
        self.keeper = pauses.keeper(self.log, self.clock, self.cloud)
        self.watch = PauseWatch(self.keeper, cast("Topic", self))

    def publish(self, notice: Notice) -> None:
        self.published.append(notice)

    def pass_by(self, minutes: int) -> None:
        for number in range(minutes):
            self.clock.tick(minutes=1)
            self.watch.tell(pauses.context(self.clock(), f"watch-{number}-{self.clock():%H%M}"))

    def told(self) -> list[str]:
        entries = self.log.read(key_of(pauses.HOME)).entries
        told = [notice(entries[: place + 1]) for place in range(len(entries))]
        return [one.subject for one in told if one]


def test_people_are_told_when_a_pause_begins_a_quarter_of_an_hour_before_its_end_and_when_it_ended() -> None:
    place = Minutes()
    pauses.paused(place.log, place.clock, place.cloud, timedelta(hours=1), runbook="harden-bucket")
    place.pass_by(44)
    assert place.told() == ["[action] runbook harden-bucket: PAUSED"]
    place.pass_by(1)
    assert place.told()[1:] == ["[action] runbook harden-bucket: the pause ends soon"]
    place.pass_by(14)
    assert len(place.told()) == 2
    place.pass_by(1)
    assert place.told()[2:] == ["[info] runbook harden-bucket: the pause has ended"]
    assert not place.log.pauses().active
    place.pass_by(5)
    assert len(place.told()) == 3
    assert not place.published


def test_a_short_pause_is_not_announced_to_end() -> None:
    place = Minutes()
    pauses.paused(place.log, place.clock, place.cloud, timedelta(minutes=10))
    place.pass_by(11)
    assert place.told() == ["[action] everything: PAUSED", "[info] everything: the pause has ended"]


def test_a_pause_that_a_person_extends_is_announced_again() -> None:
    place = Minutes()
    pauses.paused(place.log, place.clock, place.cloud, timedelta(minutes=30))
    place.pass_by(20)
    pauses.paused(place.log, place.clock, place.cloud, timedelta(minutes=30))
    assert len(place.log.pauses().active) == 1
    place.pass_by(31)
    assert [one.partition(": ")[2] for one in place.told()] == [
        "PAUSED",
        "the pause ends soon",
        "PAUSED",
        "the pause ends soon",
        "the pause has ended",
    ]


def test_the_notice_says_who_paused_why_and_until_when() -> None:
    place = Minutes()
    pauses.paused(place.log, place.clock, place.cloud)
    told = notice(place.log.read(key_of(pauses.HOME)).entries)
    assert told
    for part in (pauses.ANN, "a deployment is under way", "14:00:00 UTC", "Within 60 seconds"):
        assert part in told.text


def test_a_pause_that_lasts_over_midnight_is_kept_in_the_chain_of_the_next_day() -> None:
    place = Minutes()
    pauses.paused(place.log, place.clock, place.cloud, timedelta(hours=20), account="111122223333")
    place.clock.tick(hours=13)
    pauses.paused(place.log, place.clock, place.cloud, timedelta(hours=1), runbook="harden-bucket")
    changed = place.log.read(key_of(pauses.HOME)).of(PausesChanged)
    assert len(changed) == 1
    assert {one.account for one in changed[0].active} == {"111122223333", ""}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Pauses(unreadable="its MAC is wrong"), "its MAC is wrong"),
        (Pauses(), "not the newest entry"),
    ],
    ids=["unreadable", "deleted"],
)
def test_a_wrong_item_is_told_once_and_counted_each_minute(
    wrong: Pauses, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Minutes()
    pauses.paused(place.log, place.clock, place.cloud)
    place.log.put_pauses(wrong)
    place.pass_by(3)
    (told,) = place.published
    assert "URGENT" in told.subject
    assert words in told.text
    assert capsys.readouterr().out.count('"Tamper"') >= 3
    assert len(place.told()) == 1
