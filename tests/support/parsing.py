"""The first of the findings of an event, for tests of events that tell of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.dispatch import findings, findings_of_text
from ringfence.events.envelope import NotForUs

if TYPE_CHECKING:
    from ringfence.model.finding import Finding


def parse(event: object) -> Finding | NotForUs:
    """Return the first of what an event tells of; raises BadInput."""
    return _first(findings(event))


def parse_text(text: str) -> Finding | NotForUs:
    """Parse an event as text and return the first of what it tells of; raises BadInput."""
    return _first(findings_of_text(text))


def _first(told: tuple[Finding, ...] | NotForUs) -> Finding | NotForUs:
    return told if isinstance(told, NotForUs) else told[0]
