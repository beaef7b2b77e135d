"""The settings of scheduled scans: when they begin, with which rules, and how far the score may fall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ringfence.posture.file import RuleFiles
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Rule

SCHEDULE, RULES, DROP, DAYS = "scheduled_scans", "scan_rules", "scan_drop", "scan_results_days"
NAMES = (SCHEDULE, RULES, DROP, DAYS)
"""The context values."""
LIBRARY_WORD = "library"
"""The word that stands for the shipped rules in `scan_rules`."""
_EXPRESSION = re.compile(r"rate\((1 (hour|day)|(?!1 )[1-9]\d{0,2} (hours|days))\)|cron\([^()]{9,100}\)")
_POINTS = re.compile(r"\d{1,2}(\.\d)?|100")
_MOST_DAYS = 36_500


@dataclass(frozen=True)
class ScanSettings:
    """What the stack of scheduled scans is made of.

    Parameters
    ----------
    schedule
        The expression of the schedule. Empty: there is no such stack.
    rules
        The rules.
    manual
        The manual controls in the files of the rules.
    points
        How many points the score may fall before people are notified.
    days
        The days after which the files with results expire. 0: never.

    """

    schedule: str = ""
    rules: tuple[Rule, ...] = ()
    points: float = 5
    days: int = 365
    manual: tuple[ManualControl, ...] = ()


def scan_settings(context: Callable[[str], object], root: Path) -> ScanSettings:
    """Read the context. Raises BadInput that names the context value, and InvalidRules.

    Paths of rules are relative to `root`.
    """
    schedule, rules, points, days = (str(context(name) or "") for name in NAMES)
    if not schedule:
        for name, given in zip(NAMES[1:], (rules, points, days), strict=True):
            if given:
                raise BadInput(name, f"needs {SCHEDULE}", given)
        return ScanSettings()
    if not _EXPRESSION.fullmatch(schedule):
        words = "must be an expression of EventBridge Scheduler such as rate(1 day) or cron(0 3 * * ? *)"
        raise BadInput(SCHEDULE, words, schedule)
    default, loaded = ScanSettings(), _loaded(rules, root)
    return ScanSettings(
        schedule,
        tuple(one.rule for one in loaded.rules),
        _points(points) if points else default.points,
        _days(days) if days else default.days,
        loaded.manual,
    )


def _loaded(given: str, root: Path) -> RuleFiles:
    from ringfence.posture.known import load_files
    from ringfence.posture.library import LIBRARY

    paths = [LIBRARY if one == LIBRARY_WORD else root / one for one in given.replace(",", " ").split()]
    for one in paths:
        if not one.exists():
            raise BadInput(RULES, f"must be files or folders with rules, or {LIBRARY_WORD}", str(one))
    found = load_files(paths or (LIBRARY,))
    if not found.rules:
        raise BadInput(RULES, "must contain at least one rule", given)
    return found


def _points(given: str) -> float:
    if not _POINTS.fullmatch(given):
        raise BadInput(DROP, "must be a number of points from 0 to 100, such as 5", given)
    return float(given)


def _days(given: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) > _MOST_DAYS:
        raise BadInput(DAYS, f"must be a number of days from 0 to {_MOST_DAYS}", given)
    return int(given)
