"""What scheduled scans keep: the results of a place, and the history of scores. Items of the control table.

Nothing here expires by itself, because Ringfence deletes no item: there is one item for each place, and one
history with a bounded number of scans. The files of the scan's bucket have all of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen, replace
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.place import Place

SCAN_KEY = "scan#"
"""The beginning of the keys of the items."""
HISTORY_KEY = f"{SCAN_KEY}history"
"""The key of the item with the history."""
_KEY = re.compile(r"scan#([0-9]{12}/[a-z0-9-]{1,32}|history)")
MOST_UNSEEN, LONGEST = 20, 2000
"""The reasons that an item names, and the characters of each. Files of the scan's bucket have all of them."""
MOST_SCANS = 400
"""The scans in the history: a year of daily ones."""

Numbers = tuple[int, int, int]
"""How many results passed, failed, and were not assessed."""


def scan_key(place: Place) -> str:
    """Return the key of the item of a place."""
    return f"{SCAN_KEY}{place.account}/{place.region}"


def is_scan_key(key: str) -> bool:
    """Return whether a key is that of such an item."""
    return bool(_KEY.fullmatch(key))


@frozen
class PlaceResults:
    """What a scan found in an account and region.

    Attributes
    ----------
    scan : str
        The scan: the time at which it began.
    rules : str
        The digest of its rules.
    left : tuple of str
        The types of resource that are still to be read. Empty: the place has answered.
    counts : mapping of str to Numbers
        The numbers of results of each rule.
    resources : int
        How many resources were read.
    unseen : tuple of str
        What was not looked at, and why.
    more : int
        How many other reasons there are.
    handed_over : int
        How many failing resources were handed over as findings.
    """

    scan: str = ""
    rules: str = ""
    left: tuple[str, ...] = ()
    counts: Mapping[str, Numbers] = field(default_factory=dict)
    resources: int = 0
    unseen: tuple[str, ...] = ()
    more: int = 0
    handed_over: int = 0

    def answers(self, scan: str) -> bool:
        """Return whether the place has answered in a scan."""
        return self.scan == scan and not self.left

    def with_unseen(self, reasons: Iterable[str]) -> PlaceResults:
        """Return it with further reasons, as many as an item may contain."""
        new = [one for one in map(_shortened, reasons) if one not in self.unseen]
        room = max(0, MOST_UNSEEN - len(self.unseen))
        return replace(self, unseen=(*self.unseen, *new[:room]), more=self.more + len(new[room:]))

    @property
    def text(self) -> str:
        """The text of the item."""
        return canonical(
            {
                "scan": self.scan,
                "rules": self.rules,
                "left": list(self.left),
                "counts": {name: list(numbers) for name, numbers in self.counts.items()},
                "resources": self.resources,
                "unseen": list(self.unseen),
                "more": self.more,
                "handed_over": self.handed_over,
            }
        )

    @classmethod
    def of(cls, text: str) -> PlaceResults:
        """Read the text of an item. Raises BadInput for any other text."""
        given = _document(text)
        counts = given.child("counts")
        return cls(
            given.text("scan"),
            given.text("rules"),
            given.texts("left"),
            {name: _numbers(counts.items(name)) for name in counts.value},
            given.integer("resources"),
            given.texts("unseen"),
            given.integer("more"),
            given.integer("handed_over"),
        )


@frozen
class ScanSummary:
    """One scan of the history.

    Attributes
    ----------
    scan : str
        The scan: the time at which it began.
    rules : str
        The digest of its rules.
    score : float or None
        Its score. None if there was no result.
    numbers : Numbers
        All results.
    resources, places : int
        How many resources were read, and how many accounts and regions it was about.
    incomplete : int
        In how many of them something was not looked at.
    handed_over : int
        How many failing resources were handed over as findings.
    """

    scan: str
    rules: str
    score: float | None
    numbers: Numbers
    resources: int
    places: int
    incomplete: int
    handed_over: int

    @property
    def value(self) -> dict[str, object]:
        """It as JSON."""
        passed, failed, not_assessed = self.numbers
        return {
            "scan": self.scan,
            "rules": self.rules,
            "score": self.score,
            "passed": passed,
            "failed": failed,
            "not_assessed": not_assessed,
            "resources": self.resources,
            "places": self.places,
            "incomplete": self.incomplete,
            "handed_over": self.handed_over,
        }

    @classmethod
    def of(cls, given: Document) -> ScanSummary:
        """Read the JSON. Raises BadInput."""
        return cls(
            _instant(given.text("scan")),
            given.text("rules"),
            None if given.value.get("score") is None else given.number("score"),
            (given.integer("passed"), given.integer("failed"), given.integer("not_assessed")),
            given.integer("resources"),
            given.integer("places"),
            given.integer("incomplete"),
            given.integer("handed_over"),
        )


@frozen
class Best:
    """The best score since the last notice. `rules` is the digest of the rules that it is the score of."""

    rules: str
    score: float


@frozen
class ScanHistory:
    """The scans, the oldest first, and what the next one is compared with.

    Attributes
    ----------
    scans : tuple of ScanSummary
        The scans.
    passing : tuple of str
        The critical rules that no resource failed in the last scan that had a verdict of them.
    best : Best or None
        The best score since the last notice. None: no scan with a score ended since it is kept.
    """

    scans: tuple[ScanSummary, ...] = ()
    passing: tuple[str, ...] = ()
    best: Best | None = None

    def best_score(self, rules: str) -> float | None:
        """Return the best score of some rules since the last notice. None if there is none."""
        best = self.best or self._last
        return best.score if best and best.rules == rules else None

    @property
    def _last(self) -> Best | None:
        """The last score: earlier versions kept no best one."""
        known = (Best(one.rules, one.score) for one in reversed(self.scans) if one.score is not None)
        return next(known, None)

    def after(self, scan: ScanSummary, passing: Iterable[str], *, told: bool = False) -> ScanHistory:
        """Return the history with one more scan. The oldest one falls out when there are too many.

        `told` says whether people are notified of this scan. Then the next ones are compared with it.
        """
        best = self.best or self._last
        if scan.score is not None:
            before = None if told else self.best_score(scan.rules)
            best = Best(scan.rules, scan.score if before is None else max(before, scan.score))
        return ScanHistory((*self.scans, scan)[-MOST_SCANS:], tuple(sorted(passing)), best)

    @property
    def text(self) -> str:
        """The text of the item."""
        best = self.best
        return canonical(
            {
                "scans": [one.value for one in self.scans],
                "passing": list(self.passing),
                **({"best": {"rules": best.rules, "score": best.score}} if best else {}),
            }
        )

    @classmethod
    def of(cls, text: str) -> ScanHistory:
        """Read the text of the item. Raises BadInput for any other text."""
        given = _document(text)
        best = given.child("best") if given.has("best") else None
        return cls(
            tuple(map(ScanSummary.of, given.children("scans"))),
            given.texts("passing"),
            Best(best.text("rules"), best.number("score")) if best else None,
        )


@frozen
class Decline:
    """How a scan is worse than those before it with the same rules.

    Attributes
    ----------
    before, now : float
        The best score since the last notice, and that of the scan.
    failing : tuple of str
        The critical rules that no resource failed in their last verdict, and that some fail now.
    """

    before: float
    now: float
    failing: tuple[str, ...] = ()


def decline(history: ScanHistory, scan: ScanSummary, failing: Iterable[str], points: float) -> Decline | None:
    """Return how a scan is worse than those before it. None if it is not, or if it cannot be compared.

    The score is compared with the best one since the last notice. If it were compared with the last one, a
    score that falls a little in each scan would never be a notice.

    Parameters
    ----------
    history
        The scans before.
    scan
        The new scan.
    failing
        The critical rules that some resource fails now.
    points
        How many points the score may fall.

    Examples
    --------
    >>> last = ScanSummary("2027-01-01T00:00:00Z", "r", 90.0, (9, 1, 0), 10, 1, 0, 0)
    >>> history = ScanHistory().after(last, ("root-has-mfa",))
    >>> decline(history, replace(last, score=84.9), (), 5)
    Decline(before=90.0, now=84.9, failing=())
    >>> decline(history, replace(last, score=85.0), (), 5)
    """
    before = history.best_score(scan.rules)
    if before is None or scan.score is None:
        return None  # other rules have another score, and nobody made anything worse
    began = tuple(sorted(set(failing) & set(history.passing)))
    # Scores have one decimal, and a difference of two floats is not exact.
    if round(before - scan.score, 1) > points or began:
        return Decline(before, scan.score, began)
    return None


def wrong_scan(key: str, text: str) -> str:
    """Return why Ringfence cannot have written an item. Empty if it can."""
    try:
        _ = ScanHistory.of(text) if key == HISTORY_KEY else PlaceResults.of(text)
    except BadInput:
        return "what a scan keeps is not readable"
    return ""


def _shortened(reason: str) -> str:
    """Return a reason that an item has room for. If it is cut, its end says so."""
    if len(reason) <= LONGEST:
        return reason
    end = f"… (cut: {counted(len(reason), 'character')})"
    return reason[: LONGEST - len(end)] + end


def _document(text: str) -> Document:
    try:
        return Document.of(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise BadInput("text", "is not what a scan keeps") from error


def _numbers(given: Iterable[object]) -> Numbers:
    found = tuple(one for one in given if isinstance(one, int))
    if len(found) != len(("passed", "failed", "not assessed")):
        raise BadInput("counts", "must be lists of three numbers")
    passed, failed, not_assessed = found
    return passed, failed, not_assessed


def _instant(text: str) -> str:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("scan", "must be a time", text) from error
    if read.tzinfo is None:
        raise BadInput("scan", "must have a time zone", text)
    return text
