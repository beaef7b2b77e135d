"""Incidents by a unique part of their id: its beginning or its end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model import suggestions
from ringfence.model.errors import BadInput
from ringfence.model.incident import INCIDENT_ID

if TYPE_CHECKING:
    from ringfence.aws.incidents import IncidentReader
    from ringfence.cli.settings import Home

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
    if not _PART.fullmatch(text):
        raise BadInput("incident", FORM, text)
    from ringfence.cli.log import reader_of

    found = [one for one in ids(reader_of(home)) if _means(text, one)]
    if not found:
        raise BadInput("incident", f"{FORM}; see `ringfence incidents list`", text)
    if len(found) > 1:
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        raise BadInput("incident", f"can mean {', '.join(found[:_MOST])}{more}: type more of it", text)
    return found[0]


def ids(reader: IncidentReader) -> tuple[str, ...]:
    """Return the ids of the incidents of the last months, newest first, each once."""
    now = datetime.now(UTC)
    opened = reader.opened(now - _SEARCHED, now + timedelta(days=1))
    return tuple(dict.fromkeys(one.incident for one in opened))


def similar(reader: IncidentReader, incident: str) -> str:
    """Return a hint that names the incidents with the most similar ids. Empty if there are none."""
    return suggestions.similar(incident, ids(reader))


def _means(text: str, incident: str) -> bool:
    return incident.startswith((text, f"inc-{text}")) or incident.endswith(text)
