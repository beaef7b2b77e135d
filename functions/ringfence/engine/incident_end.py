"""Whether an incident has ended, so that a request opens another one or changes nothing. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.record.facts import DecisionMade, FindingReceived, Intended

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.record.history import History

AGE = timedelta(days=7)
"""How long findings join an incident without changes. Each finding reads its whole chain."""
CLOCKS = timedelta(seconds=5)
"""The tolerance for event times, which have a precision of one second and come from other clocks. Events
within it after a remediation cause another read.
"""


def is_over(order: ResponseRequest, history: History) -> bool:
    """Return whether the incident has ended, so that the request opens another one.

    A request that may change nothing opens none after a remediated incident, which can then still be
    undone.
    """
    if history.closed_at is not None:
        return True
    completed = history.completed_at if order.runbook.closes_when_complete else None
    if completed is None or not order.decision or not order.decision.mode.changes:
        return False
    return order.finding is None or order.finding.finding.last_seen > completed


def has_aged(order: ResponseRequest, history: History, now: datetime) -> bool:
    """Return whether a finding opens a new incident after an old one without changes.

    There is nothing to undo in the old one. Requests of a person stay in it, and so do routine reads with
    the same result. The age counts by our clock, because a finding can contain any time.
    """
    found = order.finding
    if not found or not history.entries or now < history.entries[0].at + AGE or history.knows(found):
        return False
    if found.finding.routine and found.finding.id in {f.finding.id for f in history.of(FindingReceived)}:
        return False
    tried = is_allowed(history) and history.completed_at is None and history.closed_at is None
    return not (tried or history.of(Intended) or history.lease.held(now, ""))


def is_outdated(order: ResponseRequest, history: History) -> bool:
    """Return whether the activity of a request was seen before the incident was closed. Never for a person.

    After a person requested a release, earlier activity changes nothing. Neither does the remaining work of
    another incident.
    """
    if order.incident and history.incident != order.incident:
        return bool(history.entries)
    ended_at = history.closed_at or history.release_asked_at or _remediated_at(order, history)
    if ended_at is None or order.request:
        return False
    return order.finding is None or _is_before(order.finding.finding.last_seen, ended_at)


def _is_before(seen: datetime, ended: datetime) -> bool:
    """Return whether it was seen before. CloudTrail has whole seconds, so one second can be both."""
    return seen < ended.replace(microsecond=0) if not seen.microsecond else seen <= ended


def _remediated_at(order: ResponseRequest, history: History) -> datetime | None:
    """Return when everything seen was remediated. None if some of it was not, or was not tried."""
    if not order.runbook.closes_when_complete or not order.finding:
        return None
    found = [history.remediated.get(id_) for id_ in order.runbook.ids]
    times = [at for at in found if at]
    return min(times) - CLOCKS if times and times == found else None


def is_allowed(known: History) -> bool:
    """Return whether any decision allowed changes. Until then the time of the incident advances."""
    return any(made.decision.mode.changes for made in known.of(DecisionMade))
