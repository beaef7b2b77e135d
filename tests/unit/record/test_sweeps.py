"""What sweeps remember of a place: what is written is read again, and what nobody can have written is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import BadInput
from ringfence.model.place import Place
from ringfence.record import control
from ringfence.record.sweeps import (
    MOST_SEEN,
    Found,
    Looked,
    Progress,
    Seen,
    is_sweep_key,
    known_as,
    newest,
    sweep_key,
    wrong_sweep,
)
from tests.support.worlds import NOON, finding

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = Place("111122223333", "eu-west-1")
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have none
PROGRESS = st.builds(Progress, *[st.none() | TIMES] * 3)
WHOLE = TIMES.map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
"""Times as GuardDuty has them, in milliseconds."""
SEEN = st.builds(Seen, st.floats(0, 10), WHOLE)
NAMES = st.text("abcdef.:/", min_size=1, max_size=30)
FOUND = st.builds(Found, NAMES, NAMES, st.lists(NAMES, max_size=3).map(tuple))
LOOKED = st.builds(
    Looked,
    st.dictionaries(NAMES, PROGRESS, max_size=4),
    st.dictionaries(NAMES, SEEN, max_size=5),
    NAMES,
    st.lists(FOUND, max_size=3).map(tuple),
    st.integers(0, 1000),
    st.lists(NAMES, max_size=3).map(tuple),
)


@given(LOOKED)
def test_what_is_written_is_read_again_in_the_same_order(looked: Looked) -> None:
    read = Looked.of(looked.text)
    assert read == looked
    assert list(read.seen) == list(looked.seen)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"more":0,"strands":{"a":["x","",""]}}',
        '{"more":0,"strands":{"a":["2026-01-01T00:00:00","",""]}}',
        '{"more":0,"strands":{"a":[]}}',
        '{"more":0,"seen":["x"]}',
        '{"more":0,"seen":[["x",1,"y"]]}',
        '{"more":0,"seen":[["x",1,99999999999999999999]]}',
        '{"more":0,"found":[{}]}',
        '{"more":"x"}',
        "[" * 100_000,
    ],
)
def test_any_other_text_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput):
        Looked.of(text)


def test_only_the_newest_findings_are_remembered() -> None:
    seen = {str(number): Seen(1.0, NOON) for number in range(MOST_SEEN + 5)}
    assert list(newest(seen.items())) == [str(number) for number in range(5, MOST_SEEN + 5)]


def test_an_item_that_says_as_much_as_it_may_fits_into_the_table() -> None:
    seen: Mapping[str, Seen] = {f"{number:016x}": Seen(8.5, NOON) for number in range(MOST_SEEN)}
    found = tuple(Found("f" * 400, "t" * 200, ("c" * 665,) * 5) for _ in range(20))
    strands = {f"{number}.amazonaws.com": Progress(NOON, NOON, NOON) for number in range(30)}
    text = Looked(strands, seen, "x" * 30, found, 9999, ("t" * 200,) * 20).text
    assert len(text) < 200_000, "an item may have 400 KB"


def test_a_finding_is_known_whatever_its_version_and_by_its_account() -> None:
    first = finding().finding
    assert known_as(first) == known_as(finding(updated=NOON + timedelta(1), severity=9.0).finding)
    assert known_as(first) != known_as(finding(account="444455556666").finding)
    assert known_as(first) != known_as(finding("f-2").finding)


def test_an_older_version_and_the_same_one_are_no_news_and_a_newer_or_worse_one_is() -> None:
    seen = Seen(8.0, NOON)
    assert seen.covers(finding().finding)
    assert seen.covers(finding(updated=NOON - timedelta(hours=1), severity=5.0).finding)
    assert not seen.covers(finding(updated=NOON + timedelta(seconds=1)).finding)
    assert not seen.covers(finding(severity=8.5).finding)


def test_the_item_is_known_to_the_guard_of_the_table() -> None:
    key = sweep_key("guardduty-severe", PLACE)
    assert is_sweep_key(key)
    assert control.kind_of(key) == control.SWEEP
    for other in ("sweep#x", f"{key}/more", "sweep#Config/111122223333/eu-west-1"):
        assert control.kind_of(other) != control.SWEEP


@pytest.mark.parametrize("name", ["since", "reached", "until"])
def test_a_time_in_the_future_is_tampering_and_counts_as_none(name: str) -> None:
    later = Progress(**{name: NOON + timedelta(minutes=5)})
    assert "in the future" in wrong_sweep(Looked({"findings": later}), NOON)
    assert later.judged(NOON) == Progress()
    now = Progress(**{name: NOON})
    assert wrong_sweep(Looked({"findings": now}), NOON) == ""
    assert now.judged(NOON) == now


def test_an_item_that_cannot_be_read_is_tampering() -> None:
    assert "not readable" in wrong_sweep(None, NOON)
