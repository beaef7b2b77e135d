"""The notice about a scheduled scan that is worse than those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.notice import About, Command, Notice

if TYPE_CHECKING:
    from ringfence.record.scans import Decline, ScanSummary


def declined(worse: Decline, scan: ScanSummary, unseen: int) -> Notice:
    """Return the notice. `unseen` is the number of reasons why something was not looked at."""
    fell = worse.now < worse.before
    what = (
        f"the compliance score fell from {worse.before:g} to {worse.now:g}"
        if fell
        else f"{counted(len(worse.failing), 'critical rule')} failed that passed before"
    )
    passed, failed, not_assessed = scan.numbers
    numbers = (
        f"score {worse.now:g}; the best since the last such notice was {worse.before:g}, with the same rules",
        f"{counted(passed, 'result')} passed, {failed} failed, and {not_assessed} not assessed",
        f"{counted(scan.resources, 'resource was')} read in {counted(scan.places, 'place')}",
    )
    beside = (f"{counted(unseen, 'part was')} not looked at, so the score says nothing about it",)
    parts = (
        ("The scan", (*numbers, *(beside if unseen else ()))),
        (
            "Critical rules and manual controls that fail now and did not fail when last judged",
            worse.failing,
        ),
        (
            "What to do",
            ("fix the failing resources in the results of the scan, and renew expired evidence",),
        ),
    )
    kind = NoticeKind.SCORE_FELL
    return Notice(
        kind,
        what,
        About(),
        kind.urgency,
        parts=tuple(one for one in parts if one[1]),
        commands=(Command("see the scores of the last scans", "ringfence scans list"),),
    )
