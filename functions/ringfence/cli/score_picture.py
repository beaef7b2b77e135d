"""The scores of scheduled scans over time, as a picture and as rows of a table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.cli.layout import count
from ringfence.cli.time_picture import Label
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.record.scans import ScanSummary

LEFT, RIGHT, TOP, BOTTOM, HEIGHT = 36, 712, 12, 132, 156
"""In units of the picture: the edges of the area with the scores, and the height of all."""
MOST_LISTED = 30
"""The rows of the table. The picture has all scans."""
_BEST, _STEP = 100, 10
_MOST_LABELS = 4


@frozen
class Point:
    """A score in the picture. `title` is for people who point at it."""

    x: float
    y: float
    title: str


@frozen
class Scored:
    """A row of the table.

    `is_other`: the rules are not those of the scan before, so that the two scores cannot be compared.
    """

    when: str
    score: str
    summary: ScanSummary
    is_other: bool


@frozen
class ScorePicture:
    """The scores of scans.

    Attributes
    ----------
    words : str
        What the picture shows, for people who do not see it.
    lines : tuple of str
        The points of each line, as SVG takes them. A line connects scores of scans with the same rules.
    points : tuple of Point
        Each score.
    scores, days : tuple of Label
        The labels of the two scales.
    rows : tuple of Scored
        The newest scans, the newest first.
    more : int
        How many older scans the table leaves out.
    """

    words: str
    lines: tuple[str, ...]
    points: tuple[Point, ...]
    scores: tuple[Label, ...]
    days: tuple[Label, ...]
    rows: tuple[Scored, ...]
    more: int


def score_picture(scans: Sequence[ScanSummary]) -> ScorePicture:
    """Return the picture of scans, which are in the order of their times."""
    known = [(datetime.fromisoformat(one.scan), one, one.score) for one in scans if one.score is not None]
    lowest = int(min((score for _, _, score in known), default=0) // _STEP * _STEP)
    lowest = min(lowest, _BEST - _STEP)
    times = [at for at, _, _ in known]
    lines: list[list[str]] = []
    points, rules = [], ""
    for at, scan, score in known:
        point = Point(_x(at, times), _y(score, lowest), f"{_minute(scan)} UTC: {score:.1f}")
        if scan.rules != rules:
            lines.append([])
        rules = scan.rules
        lines[-1].append(f"{point.x},{point.y}")
        points.append(point)
    rows = tuple(_rows(scans))[::-1]
    return ScorePicture(
        _words(scans, [score for _, _, score in known]),
        tuple(" ".join(one) for one in lines),
        tuple(points),
        tuple(Label(LEFT - 6, _y(one, lowest) + 4, f"{one:g}") for one in (lowest, _BEST)),
        tuple(_days(times)),
        rows[:MOST_LISTED],
        max(len(rows) - MOST_LISTED, 0),
    )


def _words(scans: Sequence[ScanSummary], scores: Sequence[float]) -> str:
    said = count(len(scans), "scheduled scan")
    if not scores:
        return f"{said} without a score"
    return f"Scores of {said}: from {min(scores):.1f} to {max(scores):.1f}, the newest {scores[-1]:.1f}"


def _rows(scans: Sequence[ScanSummary]) -> Iterator[Scored]:
    rules = scans[0].rules if scans else ""
    for one in scans:
        score = "none" if one.score is None else f"{one.score:.1f}"
        yield Scored(_minute(one), score, one, one.rules != rules)
        rules = one.rules


def _days(times: Sequence[datetime]) -> Iterator[Label]:
    """Yield the days of some scans that are far enough from one another to be read."""
    width, last = (RIGHT - LEFT) / _MOST_LABELS, float("-inf")
    for at in times:
        if (place := _x(at, times)) - last >= width:
            last = place
            yield Label(place, HEIGHT - 6, f"{at:%Y-%m-%d}")


def _minute(scan: ScanSummary) -> str:
    return f"{datetime.fromisoformat(scan.scan):%Y-%m-%d %H:%M}"


def _x(at: datetime, times: Sequence[datetime]) -> float:
    whole = (times[-1] - times[0]).total_seconds()
    share = (at - times[0]).total_seconds() / whole if whole > 0 else 0.0
    return round(LEFT + (RIGHT - LEFT) * share, 1)


def _y(score: float, lowest: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * (score - lowest) / (_BEST - lowest), 1)
