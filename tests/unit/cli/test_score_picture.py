"""The scores of scheduled scans over time: a picture, and a table with the same numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.cli.pages import rendered
from ringfence.cli.score_picture import BOTTOM, LEFT, MOST_LISTED, RIGHT, TOP, score_picture
from ringfence.record.scans import ScanSummary

if TYPE_CHECKING:
    from ringfence.cli.score_picture import ScorePicture

FIRST = datetime(2026, 7, 1, 3, tzinfo=UTC)


def scan(day: int, score: float | None, rules: str = "a") -> ScanSummary:
    at = FIRST + timedelta(days=day)
    return ScanSummary(f"{at:%Y-%m-%dT%H:%M:%SZ}", rules, score, (7, 2, 1), 10, 4, 1, 0)


def drawn(*scores: float | None) -> ScorePicture:
    return score_picture([scan(day, score) for day, score in enumerate(scores)])


def test_each_score_is_a_point_at_its_time_and_height() -> None:
    found = drawn(80, 100, 90)
    assert [(one.x, one.y) for one in found.points] == [
        (LEFT, BOTTOM),
        ((LEFT + RIGHT) / 2, TOP),
        (RIGHT, (TOP + BOTTOM) / 2),
    ]
    assert [one.text for one in found.scores] == ["80", "100"]
    assert found.points[1].title == "2026-07-02 03:00 UTC: 100.0"
    assert found.words == "Scores of 3 scheduled scans: from 80.0 to 100.0, the newest 90.0"


def test_a_line_connects_scores_by_the_same_rules_only() -> None:
    found = score_picture([scan(0, 80), scan(1, 81), scan(2, 60, "b"), scan(3, 61, "b"), scan(4, 82)])
    assert [len(one.split()) for one in found.lines] == [2, 2, 1]
    assert [one.is_other for one in found.rows] == [True, False, True, False, False]


def test_a_scan_without_a_score_is_in_the_table_and_not_in_the_picture() -> None:
    found = drawn(80, None, 90)
    assert len(found.points) == 2
    assert [one.score for one in found.rows] == ["90.0", "none", "80.0"]
    assert drawn(None).words == "1 scheduled scan without a score"
    assert drawn(None).points == ()


def test_without_scans_there_is_nothing_to_show() -> None:
    found = drawn()
    assert (found.rows, found.points, found.lines) == ((), (), ())


def test_scores_of_one_moment_and_the_best_score_have_a_place() -> None:
    (point,) = drawn(100).points
    assert (point.x, point.y) == (LEFT, TOP)
    assert [(one.x, one.y) for one in score_picture([scan(0, 0), scan(0, 0)]).points] == [(LEFT, BOTTOM)] * 2


def test_the_picture_has_all_scans_and_the_table_the_newest() -> None:
    found = drawn(*[90.0] * 400)
    assert len(found.points) == 400
    assert len(found.days) == 4
    assert (len(found.rows), found.more) == (MOST_LISTED, 400 - MOST_LISTED)
    assert found.rows[0].when == "2027-08-04 03:00"


def test_what_the_table_of_the_deployment_contains_is_escaped() -> None:
    hostile = score_picture([scan(0, 90, "<script>")])
    assert "<script>" not in rendered("scan.html", **empty(), scores=hostile)


def empty() -> dict[str, object]:
    """Return the values of a page without results."""
    lists = ("manual", "exempt", "tiles", "weights", "failing", "places", "frameworks", "skipped", "problems")
    tally = {"resources": 0}
    texts = {"made": "", "rules": "", "profile": "", "disclaimer": "", "score_state": "none", "scanned": ""}
    numbers = {"arc": 0, "score": "none", "more_problems": 0}
    return {"tally": tally, "changes": None, "in_short": (), **texts, **numbers, **dict.fromkeys(lists, ())}
