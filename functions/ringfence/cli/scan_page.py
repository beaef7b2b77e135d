"""The result of a scan as one page of HTML, without scripts and without further files."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ringfence.cli.layout import count
from ringfence.cli.pages import rendered
from ringfence.cli.posture_summary import in_short
from ringfence.cli.score_picture import score_picture
from ringfence.model.frozen import frozen
from ringfence.posture.coverage import coverage
from ringfence.posture.manual import MANUAL_TYPE
from ringfence.posture.rule import SEVERITIES, Status
from ringfence.posture.score import WEIGHTS, Counts, score
from ringfence.runbooks.compliance import FRAMEWORKS
from ringfence.runbooks.compliance.table import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_prospects import Prospect, Prospects
    from ringfence.cli.scan_sections import Changed, Exempted
    from ringfence.posture.coverage import Coverage
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Result, Rule
    from ringfence.posture.score import Tally
    from ringfence.record.scans import ScanSummary
    from ringfence.runbooks.compliance import Framework

DISCLAIMER = "A rule supports a requirement. Only an assessor can say whether you comply with it."
MOST_RESOURCES, MOST_PROBLEMS = 50, 100
"""Rows of a list on the page. The CSV has all of them."""
STATES = {Status.PASSED: "passed", Status.FAILED: "failed", Status.NOT_ASSESSED: "unread", None: "none"}
_WORDS = {status: status.value for status in Status}
_GOOD, _MIDDLING, _WHOLE = 90, 70, 100


@frozen
class Tile:
    """A number, its name, and the name of its colour."""

    name: str
    count: int
    state: str


@frozen
class Part:
    """A part of a bar: the name of its colour, and its share in percent."""

    name: str
    share: float


@frozen
class Failing:
    """A rule with resources that do not pass it, each with what would be done about it.

    `more` is the number of those that are not shown.
    """

    rule: Rule
    counts: Counts
    state: str
    shown: tuple[tuple[Result, Prospect], ...]
    more: int


@frozen
class Place:
    """An account and region."""

    account: str
    region: str
    score: float | None
    counts: Counts
    parts: tuple[Part, ...]


@frozen
class Row:
    """A requirement that a rule is mapped to."""

    number: str
    state: str
    words: str
    rules: tuple[str, ...]


@frozen
class Shown:
    """A framework: the counts of its requirements, those with a result, and the numbers of the others."""

    framework: Framework
    is_whole: bool
    all: int
    passed: int
    failed: int
    unread: int
    none: int
    rows: tuple[Row, ...]
    uncovered: tuple[str, ...]


@frozen
class Manual:
    """A manual control: what it says, and the colour and words of its state."""

    control: ManualControl
    state: str
    words: str
    reasons: tuple[str, ...]


def page(  # noqa: PLR0913 - what the page shows
    done: Done,
    made: datetime,
    *,
    prospects: Prospects,
    profile: Framework | None,
    exempt: Sequence[Exempted] = (),
    changes: Changed | None = None,
    scans: Sequence[ScanSummary] | None = None,
    scanned: str = "",
) -> str:
    """Return the page.

    Parameters
    ----------
    done
        What the scan found, and what it could not read.
    made
        The time of the page, in UTC.
    prospects
        What would be done about a failing resource.
    profile
        The framework of the profile. None: every framework is shown.
    exempt
        The exemptions of the policy.
    changes
        What Ringfence changed. None: it was not asked for.
    scans
        Scheduled scans, whose scores are shown, the oldest first. None: they were not asked for.
    scanned
        What was scanned, and when. Empty: what was just judged.

    Returns
    -------
    str
        HTML. Every text from an item or a rule is escaped.

    """
    tally, problems = done.tally, done.told
    whole, points = tally.whole, tally.score
    return rendered(
        "scan.html",
        tally=tally,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
        rules=count(len(tally.rules) - len(done.manual), "rule"),
        manual=tuple(_manual(done)),
        exempt=exempt,
        changes=changes,
        scores=None if scans is None else score_picture(scans),
        scanned=scanned,
        in_short=in_short(done, exempt, changes, scans or ()),
        profile=profile.name if profile else "",
        score="none" if points is None else points,
        arc=points or 0,
        score_state=_grade(points),
        tiles=_tiles(whole),
        weights=tuple((name, WEIGHTS[name]) for name in reversed(SEVERITIES)),
        failing=tuple(_failing(tally, prospects)),
        places=tuple(places_of(tally)),
        frameworks=tuple(frameworks_of(tally, profile)),
        skipped=sorted(done.skipped.items()),
        problems=problems[:MOST_PROBLEMS],
        more_problems=max(len(problems) - MOST_PROBLEMS, 0),
        disclaimer=DISCLAIMER,
    )


def frameworks_of(tally: Tally, profile: Framework | None) -> Iterator[Shown]:
    """Yield the framework of the profile, or each that has requirements to show."""
    for one in (profile,) if profile else FRAMEWORKS:
        found = _shown(one, tally)
        if profile or found.all:
            yield found


def _grade(points: float | None) -> str:
    if points is None:
        return STATES[None]
    return "passed" if points >= _GOOD else "unread" if points >= _MIDDLING else "failed"


def _tiles(whole: Counts) -> tuple[Tile, ...]:
    numbers = zip(Status, (whole.passed, whole.failed, whole.not_assessed), strict=True)
    return tuple(Tile(status.value, number, STATES[status]) for status, number in numbers)


def _failing(tally: Tally, prospects: Prospects) -> Iterator[Failing]:
    def rank(name: str) -> tuple[int, int, str]:
        return (-SEVERITIES.index(tally.rules[name].severity), -tally.counts[name].failed, name)

    of_rules = (name for name in tally.failing if tally.rules[name].resource_types != (MANUAL_TYPE,))
    for name in sorted(of_rules, key=rank):
        counts, known = tally.counts[name], sorted(tally.failing[name], key=_is_unread)
        shown = tuple((one, prospects.of(one, tally.rules[name])) for one in known[:MOST_RESOURCES])
        state = STATES[Status.FAILED if counts.failed else Status.NOT_ASSESSED]
        more = counts.failed + counts.not_assessed - len(shown)
        yield Failing(tally.rules[name], counts, state, shown, more)


def _manual(done: Done) -> Iterator[Manual]:
    """Yield the manual controls: what does not count first, then what expires first."""
    for one in sorted(
        done.manual, key=lambda one: (one.evidence.expires if one.evidence else date.min, one.name)
    ):
        result = one.result(done.today)
        soon = one.soon(done.today)
        state = STATES[Status.NOT_ASSESSED if soon else result.status]
        words = "expires soon" if soon else result.status.value
        yield Manual(one, state, words, result.reasons)


def _is_unread(one: Result) -> bool:
    return one.status is not Status.FAILED


def places_of(tally: Tally) -> Iterator[Place]:
    """Yield each account and region with its counts."""
    for (account, region), by_severity in sorted(tally.places.items()):
        whole = Counts(*(sum(getattr(one, name) for one in by_severity.values()) for name in vars(Counts())))
        numbers = ((Status.PASSED, whole.passed), (Status.FAILED, whole.failed))
        rest = ((Status.NOT_ASSESSED, whole.not_assessed),)
        parts = (Part(STATES[one], round(_WHOLE * count / whole.all, 2)) for one, count in numbers + rest)
        yield Place(account, region, score(by_severity.items()), whole, tuple(parts))


def _shown(of: Framework, tally: Tally) -> Shown:
    found: Coverage = coverage(of, CONTROLS, tally.rules.values(), tally.counts)
    rows = tuple(
        Row(one.number, STATES[one.status], _WORDS[one.status], one.rules)
        for one in found.requirements
        if one.status is not None
    )
    return Shown(
        of,
        found.is_whole,
        len(found.requirements),
        found.count(Status.PASSED),
        found.count(Status.FAILED),
        found.count(Status.NOT_ASSESSED),
        found.count(None),
        rows,
        tuple(one.number for one in found.requirements if one.status is None),
    )
