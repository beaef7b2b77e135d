"""Memory does not grow with the number of calls that rules match, and the result is the same."""

from __future__ import annotations

import gc
import random
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ringfence.insights.activity.detection import Called, Sight
from ringfence.insights.activity.evaluate import Activity
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.sight_rows import row_of, sight_in
from ringfence.insights.activity.sorted_sights import MOST_FILES, Matched, SortedSights
from ringfence.insights.activity.stories import call, user
from ringfence.model.principals import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.insights.activity.selecting import Record

HELD = 50
READS = ("ec2:DescribeInstances", "s3:GetBucketAcl", "lambda:ListFunctions20150331", "iam:ListUsers")


def records(number: int) -> Iterator[Record]:
    """Yield calls of users with access keys, as `python -m benchmarks.insights` does. A few are an attack."""
    for one in range(number):
        by = user(f"user-{one % 200}", f"AKIA{one % 200:016d}")
        if one % 1000 == 0:
            yield call("iam:DeactivateMFADevice", {"userName": "bob"}, one, by=by)
        else:
            yield call(READS[one % 4], {"number": str(one)}, one, by=by)


def examples() -> list[Record]:
    """Return the records of every example, in no order and twice, as several trails deliver them."""
    found = [record for rule in PACK for story in (*rule.hits, *rule.misses) for record in story]
    random.Random(7).shuffle(found)  # noqa: S311 - no secret
    return [*found, *found]


def taken(given: Iterator[Record] | list[Record], most: int) -> Activity:
    """Return what has taken records, and never had more than so many calls in memory."""
    activity = Activity(PACK, most=most)
    for one in given:
        activity.take(one)
        assert activity.held < most
    return activity


@pytest.mark.parametrize("most", [1, 2, 7, HELD])
def test_the_same_is_found_whatever_is_in_memory(most: int) -> None:
    whole = Activity(PACK)
    for one in examples():
        whole.take(one)
    expected = list(whole.detections())
    assert expected
    activity = taken(examples(), most)
    assert list(activity.detections()) == expected
    assert list(activity.detections()) == expected, "files are read again"


def peak(number: int) -> int:
    """Return the bytes that searching so many records needed at most, and that are not found ones."""
    gc.collect()
    tracemalloc.start()
    try:
        activity = taken(records(number), HELD)
        assert sum(1 for _ in activity.detections())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_calls_that_rules_match() -> None:
    """Before, each call needed some 400 bytes: three times as many calls needed 1.6 MB more."""
    peak(500)  # what is created once
    few, many = peak(2_000), peak(6_000)
    assert many - few < 400_000


def test_files_become_larger_ones_and_end_with_the_search(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sights = SortedSights(1)
    number = MOST_FILES * 3 + 1
    for one in reversed(range(number)):
        sights.add(Matched(0, 0, sight(float(one))))
    assert len(list(tmp_path.rglob("*.gz"))) == 4
    assert [one.sight.at for one in sights] == list(range(number))
    del sights
    gc.collect()
    assert not list(tmp_path.iterdir())


def sight(at: float, name: str = "alice") -> Sight:
    who = Caller("IAMUser", "AKIA", "arn", name, "")
    return Sight(Called(at, who, "arn", "::1", "a:B", f"e-{at}", "1", "1", "r"), ("1", name), "v", ("", "t"))


@pytest.mark.parametrize("name", ["alice", "\ud800\u2028\x00", "é☃\n"])
def test_a_call_is_read_back_exactly(name: str) -> None:
    sights = SortedSights(1)
    one = Matched(3, 1, sight(1793610000.123456, name))
    sights.add(one)
    assert list(sights) == [one]
    assert sight_in(row_of(one.sight)) == one.sight
