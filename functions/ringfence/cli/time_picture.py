"""When the entries of a response were recorded, as a picture with a row for each kind of entry."""

from __future__ import annotations

from math import log10
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.record.summary import Line

LEFT, RIGHT, ROW, TOP = 112, 708, 26, 18
"""In units of the picture: where the scale begins and ends, the height of a row, and of what is above it."""
_SHORTEST = 0.1
"""Seconds. Shorter times are not told apart."""
_TICKS = (
    *((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (86_400, "1 d")),
    *((604_800, "1 w"), (2_592_000, "30 d")),
)
_ROWS = MappingProxyType(
    {
        "FindingReceived": "findings",
        "DecisionMade": "decisions",
        "ApprovalRequested": "people",
        "ApprovalAnswered": "people",
        "RunRequested": "people",
        "Intended": "changes",
        "Verified": "verified",
        "ContainmentBroken": "undone",
        "Released": "released",
    }
)
"""The row of each kind of entry. Kinds without one are not in the picture."""


@frozen
class Mark:
    """An entry in the picture. `title` is for people who point at it."""

    x: float
    y: float
    row: str
    title: str


@frozen
class Label:
    """A text in the picture."""

    x: float
    y: float
    text: str


@frozen
class Picture:
    """The picture: its height, the names of its rows, the marks, and the ticks of the scale."""

    height: int
    rows: tuple[Label, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Label, ...]


def picture(lines: Iterable[Line]) -> Picture:
    """Return the picture of a response's entries. Times count from its first entry."""
    shown = [(one, _ROWS[one.kind]) for one in lines if one.kind in _ROWS]
    names = list(dict.fromkeys(row for _, row in shown))
    last = max(((one.at - shown[0][0].at).total_seconds() for one, _ in shown), default=0.0)
    height = TOP + ROW * len(names) + ROW
    marks = []
    for one, row in shown:
        place = _x(_seconds(one.at, shown[0][0].at), last)
        marks.append(Mark(place, _y(names.index(row)), row, f"{one.kind}, {one.at:%F %T} UTC"))
    return Picture(
        height,
        tuple(Label(0, _y(index) + 4, name) for index, name in enumerate(names)),
        tuple(marks),
        tuple(_ticks(last, height)),
    )


def span(seconds: float) -> str:
    """Return a time in its largest unit.

    Examples
    --------
    >>> span(0.42), span(75), span(7300), span(200_000)
    ('0.4 s', '1 min 15 s', '2 h 1 min', '2 d 7 h')
    """
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for (large, long), (small, short) in (
        (("d", 86_400), ("h", 3_600)),
        (("h", 3_600), ("min", 60)),
        (("min", 60), ("s", 1)),
    ):
        if whole >= long:
            rest = whole % long // short
            return f"{whole // long} {large} {rest} {small}" if rest else f"{whole // long} {large}"
    return f"{whole} s"


def _seconds(at: datetime, first: datetime) -> float:
    return max((at - first).total_seconds(), 0.0)


def _x(seconds: float, last: float) -> float:
    """Return the place of a time on a logarithmic scale, on which a second and a day can both be seen."""
    whole = log10(1 + last / _SHORTEST)
    share = log10(1 + seconds / _SHORTEST) / whole if whole else 0.0
    return round(LEFT + (RIGHT - LEFT) * share, 1)


def _y(row: int) -> float:
    return TOP + ROW * row


def _ticks(last: float, height: int) -> Iterator[Label]:
    yield Label(LEFT, height - 6, "0")
    if _SHORTEST < last < _TICKS[0][0]:
        yield Label(RIGHT, height - 6, span(last))
    for seconds, text in _TICKS:
        if seconds <= last:
            yield Label(_x(seconds, last), height - 6, text)
