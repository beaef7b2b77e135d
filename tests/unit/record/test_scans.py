"""What scheduled scans keep: items that are read back, bounds, and when a scan is worse than the last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput
from ringfence.model.place import Place
from ringfence.record import control
from ringfence.record.scans import (
    HISTORY_KEY,
    LONGEST,
    MOST_SCANS,
    MOST_UNSEEN,
    Best,
    Decline,
    PlaceResults,
    ScanHistory,
    ScanSummary,
    decline,
    scan_key,
    wrong_scan,
)

PLACE = Place("111122223333", "eu-west-1")
SCAN = ScanSummary("2027-01-01T00:00:00Z", "digest", 90.0, (9, 1, 0), 10, 2, 1, 3)
LEFT, COUNTS = ("AWS::S3::Bucket",), {"r": (1, 2, 3)}
RESULTS = PlaceResults("2027-01-01T00:00:00Z", "digest", LEFT, COUNTS, 6, ("x",), 1, 2)


def test_items_are_read_back() -> None:
    assert PlaceResults.of(RESULTS.text) == RESULTS
    history = ScanHistory((SCAN, replace(SCAN, score=None)), ("a",), Best("digest", 95.0))
    assert ScanHistory.of(history.text) == history


def test_a_history_of_an_earlier_version_is_compared_by_its_last_score() -> None:
    scans = (replace(SCAN, score=99.0), SCAN, replace(SCAN, score=None))
    text = canonical({"scans": [one.value for one in scans], "passing": ["a"]})
    history = ScanHistory.of(text)
    assert (history, history.text) == (ScanHistory(scans, ("a",)), text)
    assert (history.best_score("digest"), history.best_score("others")) == (90.0, None)
    assert history.after(replace(SCAN, score=85.0), ()).best == Best("digest", 90.0)


def test_the_best_score_is_kept_until_people_are_told_or_the_rules_change() -> None:
    history = ScanHistory().after(SCAN, ()).after(replace(SCAN, score=86.0), ())
    assert history.best == Best("digest", 90.0)
    assert history.after(replace(SCAN, score=None, rules="others"), ()).best == Best("digest", 90.0)
    assert history.after(replace(SCAN, score=80.0), (), told=True).best == Best("digest", 80.0)
    assert history.after(replace(SCAN, score=1.0, rules="others"), ()).best == Best("others", 1.0)


SHORT = '{"scan": "x", "rules": "y", "counts": {"r": [1]}}'


@pytest.mark.parametrize("text", ["", "[]", "{}", SHORT, "[" * 9999])
def test_other_texts_are_refused_and_tampering(text: str) -> None:
    with pytest.raises(BadInput):
        PlaceResults.of(text)
    assert "not readable" in wrong_scan(scan_key(PLACE), text)


def test_what_ringfence_writes_is_no_tampering() -> None:
    assert wrong_scan(scan_key(PLACE), RESULTS.text) == ""
    assert wrong_scan(HISTORY_KEY, ScanHistory((SCAN,)).text) == ""


def test_the_items_are_known_to_the_guard_of_the_table() -> None:
    for key in (scan_key(PLACE), scan_key(Place("111122223333", "global")), HISTORY_KEY):
        assert control.kind_of(key) == control.SCAN
    for other in ("scan#x", f"{HISTORY_KEY}/more", "scan#111122223333/eu-west-1#containment"):
        assert control.kind_of(other) != control.SCAN


def test_reasons_are_bounded_in_number_and_length_and_counted() -> None:
    many = RESULTS.with_unseen(f"{number}: {'y' * LONGEST}" for number in range(MOST_UNSEEN + 4))
    assert len(many.unseen) == MOST_UNSEEN
    assert max(map(len, many.unseen)) == LONGEST
    assert many.more == RESULTS.more + 5
    assert many.with_unseen(many.unseen) == many


def test_a_reason_is_kept_whole_or_says_that_it_was_cut() -> None:
    whole, longer = "y" * LONGEST, "y" * (LONGEST + 1)
    kept = PlaceResults().with_unseen((whole, longer)).unseen
    assert kept[0] == whole
    assert kept[1].endswith(f"… (cut: {LONGEST + 1:,} characters)")


def test_the_longest_reasons_fit_into_an_item() -> None:
    worst = RESULTS.with_unseen(f"{number}: {'☃' * LONGEST}" for number in range(MOST_UNSEEN))
    assert len(worst.text.encode()) < 300_000, "an item has at most 400 KB"


def test_the_oldest_scan_falls_out() -> None:
    history = ScanHistory()
    for number in range(MOST_SCANS + 1):
        history = history.after(replace(SCAN, resources=number), ())
    assert [one.resources for one in history.scans] == list(range(1, MOST_SCANS + 1))
    assert len(history.text) < 200_000, "an item has at most 400 KB"


@pytest.mark.parametrize(
    ("before", "now", "failing", "worse"),
    [
        (90.0, 85.0, (), None),
        (90.0, 84.9, (), Decline(90.0, 84.9)),
        (90.3, 85.3, (), None),
        (90.0, 95.0, ("a", "b"), Decline(90.0, 95.0, ("a",))),
        (None, 10.0, ("a",), None),
        (90.0, None, (), None),
    ],
)
def test_a_scan_is_worse_if_its_score_fell_or_a_critical_rule_began_to_fail(
    before: float | None, now: float | None, failing: tuple[str, ...], worse: Decline | None
) -> None:
    history = ScanHistory((replace(SCAN, score=before),), ("a", "c"))
    assert decline(history, replace(SCAN, score=now), failing, 5) == worse


def test_scans_with_other_rules_are_not_compared_and_neither_is_the_first() -> None:
    assert (
        decline(ScanHistory((replace(SCAN, rules="others"),), ("a",)), replace(SCAN, score=1.0), ("a",), 5)
        is None
    )
    low = replace(SCAN, score=1.0)
    assert decline(ScanHistory((replace(SCAN, rules="others"),), ("a",)), low, ("a",), 5) is None
    assert decline(ScanHistory(), low, ("a",), 5) is None
