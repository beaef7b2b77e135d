"""The EventBridge patterns for calls that can undo a containment.

Each remediation declares such calls in `undone_by`. These events are no findings: they reach the function
that verifies open contained incidents.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE, successful_and_not_ours
from ringfence.events.patterns import within_limit
from ringfence.model.runbook import unique

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.runbook import Runbook


def undoing_patterns(runbook: Runbook) -> tuple[Mapping[str, object], ...]:
    """Return the patterns for the calls that can undo a runbook's changes, for each service."""
    return tuple(_patterns(runbook))


def undoing_calls(runbook: Runbook) -> dict[str, tuple[str, ...]]:
    """Return the names of these calls by service, each once and sorted."""
    services = unique(calls.service for calls in runbook.undone_by)
    return {service: _names(runbook, service) for service in sorted(services)}


def _patterns(runbook: Runbook) -> Iterator[Mapping[str, object]]:
    for service, names in undoing_calls(runbook).items():
        yield from within_limit(names, partial(_pattern, service))


def _pattern(service: str, names: list[str]) -> Mapping[str, object]:
    detail = {
        "eventSource": [f"{service}.amazonaws.com"],
        "eventName": names,
        **successful_and_not_ours(),
    }
    return {"source": [f"aws.{service}"], "detail-type": [DETAIL_TYPE], "detail": detail}


def _names(runbook: Runbook, service: str) -> tuple[str, ...]:
    named = {name for calls in runbook.undone_by if calls.service == service for name in calls.names}
    return tuple(sorted(named))
