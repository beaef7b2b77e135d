"""Incidents by a unique part of their id: its beginning, its end, or the beginning of its last part."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.cli.denials import policies_of_command, route_of_command
from ringfence.handlers.operator_types import SEALS
from ringfence.model import suggestions
from ringfence.model.errors import AccessDenied, BadInput
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from ringfence.aws.incidents import IncidentReader
    from ringfence.cli.settings import Home

_LEAST = 4
_PART = re.compile(r"(?:inc-)?[0-9a-fT.-]{4,36}")
"""At least four characters of an id."""
_SEARCHED = timedelta(days=400)
"""How far back incidents are searched. The default retention is 365 days."""
_MOST = 5
FORM = "must be an incident's id, or at least 4 characters of its beginning or end"


def incident_of(home: Home, text: str) -> str:
    """Return the id of the incident that a text means. A whole id is not searched.

    Raises BadInput if it means none or several, and what reading the log raises.
    """
    if INCIDENT_ID.fullmatch(text):
        return text
    if len(text.removeprefix("inc-")) < _LEAST:
        raise BadInput("incident", FORM, text)
    found = [one for one in _searched(home) if _means(text, one)] if _PART.fullmatch(text) else []
    if not found:
        raise NoSuchIncident(text)
    if len(found) > 1:
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        raise BadInput("incident", f"can mean {', '.join(found[:_MOST])}{more}: type more of it", text)
    return found[0]


class NoSuchIncident(BadInput):
    """A text means no incident. If it is the id of a resource, the hint is how to find its incidents."""

    def __init__(self, text: str) -> None:
        problem, hint = "no incident has this id", _how_to_find(text)
        super().__init__("incident", problem, text, hint)
        self.args = (f"incident: no incident has the id {ascii(text)[:80]}. {hint}",)


def _how_to_find(text: str) -> str:
    """Return how to find the incidents that a text can mean: by its resource, its address or a Name tag."""
    from ringfence.cli.incident_filters import is_address

    by_resource = typed("ringfence", "incidents", "list", "--subject", text)
    if is_address(text):
        return (
            f"To look for an address: `{typed('ringfence', 'incidents', 'list', '--remote-address', text)}`"
        )
    if kind := _kind_with(text):
        return f"It is the id of {kind}: see `{by_resource}`"
    if _PART.fullmatch(text):
        return "See `ringfence incidents list`"
    return f"See `ringfence incidents list`, or for a Name tag `{by_resource}`"


def _kind_with(text: str) -> str:
    """Return which kind of resource has such an id, or ARN. Empty for a text that does not show its kind."""
    from ringfence.model.arn import read_arn
    from ringfence.model.kinds import every_kind

    known = every_kind().values()
    found = (
        one.kind
        for one in known
        if read_arn(one, text) or (one.pattern.fullmatch(text) and not one.precedence)
    )
    kind = next(found, "")
    return f"{'an' if kind[:1] in {*'aeiou'} else 'a'} {kind}" if kind else ""


def _searched(home: Home) -> tuple[str, ...]:
    """Return the ids that a short one can mean. Raises AccessDenied.

    A command that asks the API works with the whole id, so that is the advice about a denial.
    """
    from ringfence.cli.log import reader_of
    from ringfence.handlers.managed_policies import AUDITOR

    try:
        return ids(reader_of(home))
    except AccessDenied as error:
        if route_of_command() in {"", SEALS}:
            raise
        own = " or ".join(policies_of_command())
        raise AccessDenied(
            f"give the whole id of the incident. A short id is looked up in the audit log, which needs the "
            f"managed policy {AUDITOR.name}. The command itself needs {own} ({error.__cause__ or error})"
        ) from error


def ids(reader: IncidentReader) -> tuple[str, ...]:
    """Return the ids of the incidents of the last months, newest first, each once."""
    now = datetime.now(UTC)
    opened = reader.opened(now - _SEARCHED, now + timedelta(days=1))
    return tuple(dict.fromkeys(one.incident for one in opened))


def similar(reader: IncidentReader, incident: str) -> str:
    """Return a hint that names the incidents with the most similar ids. Empty if there are none."""
    return suggestions.similar(incident, ids(reader))


def _means(text: str, incident: str) -> bool:
    """Return whether a text begins an id, with or without its prefix, begins its last part, or ends it."""
    last = incident.rpartition("-")[2]
    return incident.startswith((text, f"inc-{text}")) or last.startswith(text) or incident.endswith(text)
