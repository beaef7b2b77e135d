"""docs/incident-status.md: the statuses of an incident, and which fact leads from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.status import IncidentStatus
from ringfence.record.status_meanings import MEANINGS
from ringfence.record.transitions import NOT_VERIFIED, TRANSITIONS, VERIFIED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.transitions import Event

_HEAD = """# Status of an incident

`make docs` generates this file from `functions/ringfence/record/transitions.py`. Do not edit it.

The audit log does not store the status of an incident. Ringfence computes it from the facts in the incident's
chain, in their order.

## Statuses

| Status | Shown as | Meaning |
| --- | --- | --- |
"""
_TRANSITIONS = """
## Transitions

If the table has no row for a fact and a status, the fact leaves the status unchanged. `RunRequested`,
`Planned`, `Outcome`, `ContinuationStarted`, `Missed` and `SubjectGone` never change the status.

- *Not verified*: {not_verified}
- *Verified*: {verified}

The status `releasing` ends in one of two ways. `Released` ends the release. A step of a later run
(`Intended`) returns to the status that the incident would have without the release.

| Fact | From | To |
| --- | --- | --- |
"""


def document() -> str:
    """Return the document."""
    statuses = (f"| `{one}` | {one.words} | {MEANINGS[one].words} |" for one in IncidentStatus)
    groups = _TRANSITIONS.format(not_verified=_listed(NOT_VERIFIED), verified=_listed(VERIFIED))
    rows = (_row(*one) for one in TRANSITIONS)
    return f"{_HEAD}{_lines(statuses)}{groups}{_lines(rows)}"


def _lines(rows: Iterable[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


def _row(event: Event, sources: tuple[IncidentStatus, ...], target: IncidentStatus) -> str:
    groups = {"*not verified*": set(NOT_VERIFIED), "*verified*": set(VERIFIED)}
    whole = [name for name, group in groups.items() if group <= set(sources)]
    rest = [one for one in sources if not any(one in groups[name] for name in whole)]
    origins = ", ".join((*whole, *(f"`{one}`" for one in rest)))
    return f"| {event.value} | {origins} | `{target}` |"


def _listed(statuses: tuple[IncidentStatus, ...]) -> str:
    return ", ".join(f"`{one}`" for one in statuses)
