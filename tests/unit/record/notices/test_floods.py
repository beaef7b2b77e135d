"""Floods: many notices become a few messages, and nothing urgent waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.record.notices.floods import (
    LONGEST_WAIT,
    MOST_COUNTED,
    MOST_OF_A_KIND,
    MOST_OF_A_SUBJECT,
    WITHIN,
    Floods,
)
from ringfence.record.notices.kinds import NoticeKind, Urgency
from tests.support.notice_kinds import OF_INCIDENTS, OF_RINGFENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.notices import Notice


def dry(number: int = 0, minutes: float = 0) -> Notice:
    """Return a notice about one of many resources."""
    found = OF_INCIDENTS["dry run"]
    assert found
    assert found.at
    at = found.at + timedelta(minutes=minutes)
    return replace(found, about=replace(found.about, id=f"i-{number}"), at=at, incident=f"inc-{number}")


def sent(notices: Iterable[Notice]) -> list[Notice]:
    floods = Floods()
    found: list[Notice] = []
    for one in notices:
        floods, messages = floods.after(one)
        found += messages
    return found


def test_a_few_notices_are_sent_as_they_are() -> None:
    few = [dry(number) for number in range(MOST_OF_A_KIND)]
    assert sent(few) == few


def test_many_notices_of_a_kind_are_summed_up_in_ever_larger_summaries() -> None:
    messages = sent(dry(number) for number in range(MOST_OF_A_KIND + 15))
    summaries = [one.what for one in messages if one.kind is NoticeKind.SUMMARY]
    assert len(messages) == MOST_OF_A_KIND + 4
    assert summaries == [
        "1 more notice: dry run",
        "2 more notices: dry run",
        "4 more notices: dry run",
        "8 more notices: dry run",
    ]


def test_each_resource_in_a_flood_is_named_with_its_incident() -> None:
    messages = sent(dry(number) for number in range(MOST_OF_A_KIND + 15))
    text = "\n".join(one.text for one in messages)
    assert all(f"inc-{number}" in text for number in range(MOST_OF_A_KIND + 15))


def test_many_notices_about_one_resource_are_summed_up_and_another_one_is_told() -> None:
    many = [dry(minutes=number) for number in range(MOST_OF_A_SUBJECT + 1)]
    *usual, summary = sent(many)
    assert usual == many[:-1]
    assert summary.kind is NoticeKind.SUMMARY
    assert summary.about == many[0].about
    assert sent([*many, dry(1)])[-1] == dry(1)


def test_what_waits_is_told_with_the_next_notice_after_the_hour() -> None:
    many = [dry(minutes=number) for number in range(MOST_OF_A_SUBJECT + 2)]
    later = dry(minutes=WITHIN.total_seconds() / 60)
    *_, summary, last = sent([*many, later])
    assert summary.what == "1 more notice: dry run"
    assert last == later


def test_what_waits_for_long_is_told_once_although_no_other_notice_comes() -> None:
    floods = Floods()
    for number in range(MOST_OF_A_KIND + 6):
        floods, _ = floods.after(dry(number))
    at = dry().at
    assert at
    assert floods.late(at + LONGEST_WAIT - timedelta(seconds=1)) == (floods, ())
    after, (summary,) = floods.late(at + LONGEST_WAIT)
    assert summary.what == "3 more notices: dry run"
    assert f"inc-{MOST_OF_A_KIND + 5}" in summary.text
    assert after.late(at + LONGEST_WAIT) == (after, ())
    assert after.after(dry(999))[1] == ()


@pytest.mark.parametrize("urgency", Urgency)
def test_urgent_notices_never_wait(urgency: Urgency) -> None:
    many = [replace(dry(), urgency=urgency)] * 100
    assert (sent(many) == many) is (urgency is Urgency.URGENT)


def test_somebody_who_tampers_again_and_again_causes_ever_fewer_urgent_messages() -> None:
    """Each forged entry is rejected. Each rejection would send a message otherwise."""
    first = OF_INCIDENTS["entry"]
    assert first
    assert first.at
    many = [
        replace(first, at=first.at + timedelta(seconds=number)) for number in range(MOST_OF_A_SUBJECT + 15)
    ]
    messages = sent(many)
    assert len(messages) == MOST_OF_A_SUBJECT + 4
    assert {one.urgency for one in messages} == {Urgency.URGENT}
    assert messages[-1].what == f"8 more notices: {first.what}"
    assert "urgent ones never are" not in messages[-1].text


@pytest.mark.parametrize("name", ["approval needed", "released", "paused", "limit", "lease"])
def test_what_somebody_asks_or_answers_never_waits(name: str) -> None:
    one = {**OF_INCIDENTS, **OF_RINGFENCE}[name]
    assert one
    assert sent([one] * 100) == [one] * 100


def test_a_notice_of_a_person_to_escalate_never_waits() -> None:
    many = [replace(dry(), escalated=True)] * 100
    assert sent(many) == many


def test_a_summary_counts_what_it_does_not_name() -> None:
    floods = Floods()
    messages: list[Notice] = []
    for number in range(MOST_OF_A_KIND + 127):
        floods, found = floods.after(dry(number))
        messages += found
    assert messages[-1].what == "64 more notices: dry run"
    assert len(messages) == MOST_OF_A_KIND + 7


def test_the_memory_is_bounded() -> None:
    floods = Floods()
    for number in range(MOST_COUNTED * 2):
        floods, _ = floods.after(dry(number))
    assert len(floods.counts) <= MOST_COUNTED
