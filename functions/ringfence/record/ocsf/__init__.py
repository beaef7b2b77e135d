"""Entries of the audit log as events of OCSF, the Open Cybersecurity Schema Framework. Pure.

The outcome of each change becomes a Remediation Activity (class 7001). A finding, and each fact that changes
how an incident stands, becomes one Detection Finding (class 2004) for each finding of the incident.

https://schema.ocsf.io/1.6.0/classes/remediation_activity
https://schema.ocsf.io/1.6.0/classes/detection_finding
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.ocsf.base import UNREADABLE, VERSION, Event
from ringfence.record.ocsf.detection import FACTS as _STANDING
from ringfence.record.ocsf.detection import detections
from ringfence.record.ocsf.remediation import remediation_activity
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.record.chain import Entry
    from ringfence.record.ocsf.base import Techniques

__all__ = ["FACTS", "UNREADABLE", "VERSION", "Event", "all_events", "events"]
_OUTCOME = "Outcome"
FACTS = frozenset((_OUTCOME, *_STANDING))
"""The facts that become events."""


def events(entries: Sequence[Entry], techniques: Techniques) -> tuple[Event, ...]:
    """Return the events of the last of `entries`, given the earlier ones. Empty if it causes none.

    Parameters
    ----------
    entries : sequence of Entry
        A response, oldest entry first.
    techniques : function of str, str and str
        Returns the ids of the countermeasures of a step, given its runbook, its stage and its class.

    Raises
    ------
    BadInput
        An entry has fields of a wrong type.
    """
    return _of_last(Summary.of(entries), techniques)


def _of_last(now: Summary, techniques: Techniques) -> tuple[Event, ...]:
    """Return the events of the last line of a response."""
    kind = now.lines[-1].kind if now.lines else ""
    if kind == _OUTCOME:
        return (remediation_activity(now, techniques),)
    return tuple(detections(now)) if kind in _STANDING else ()


def all_events(entries: Sequence[Entry], techniques: Techniques) -> Iterator[Event]:
    """Yield the events of each entry of a response, in order. Each entry is read once."""
    lines = Summary.of(entries).lines
    for number, one in enumerate(lines, 1):
        if one.kind in FACTS:
            yield from _of_last(Summary(lines[:number]), techniques)
