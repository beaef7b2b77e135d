"""The settings of the stack for detection: a trail's log group, and the thresholds of the alarms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.insights.metric_filters import METRIC_FILTERS
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG_GROUP, THRESHOLDS = "detection_log_group", "detection_thresholds"
NAMES = (LOG_GROUP, THRESHOLDS)
"""The context values."""
_GROUP = re.compile(r"[\w./#-]{1,512}", re.ASCII)
_MOST_DIGITS = 9


@dataclass(frozen=True)
class DetectionSettings:
    """What the stack for detection is made of.

    Parameters
    ----------
    log_group
        The log group to which a trail delivers. Empty: there is no such stack.
    thresholds
        The numbers of records above which alarms ring, by the ids of the filters.

    """

    log_group: str = ""
    thresholds: Mapping[str, int] = field(default_factory=dict)


def detection_settings(context: Callable[[str], object]) -> DetectionSettings:
    """Read the context. Raises BadInput that names the context value."""
    group, given = (str(context(name) or "") for name in NAMES)
    if group and not _GROUP.fullmatch(group):
        raise BadInput(LOG_GROUP, "must be the name of a log group", group)
    if given and not group:
        raise BadInput(THRESHOLDS, f"needs {LOG_GROUP}", given)
    return DetectionSettings(group, dict(map(_threshold, given.replace(",", " ").split())))


def _threshold(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    known = [one.id for one in METRIC_FILTERS]
    if name not in known:
        raise unknown(THRESHOLDS, name, known)
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise BadInput(THRESHOLDS, f"must be {name}=NUMBER, for example {name}=10", text)
    return name, int(number)
