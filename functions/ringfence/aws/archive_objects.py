"""The objects of the archive: what their keys are, and how entries are in them.

Each object contains the entries of one response that came together. Its key names the first of them:
`chains/<incident>/<runbook>/<subject>/<number>.jsonl`. Incidents sort by the time at which they were opened.
Before, each entry was one object: `chains/<runbook>/<subject>/<incident>/<number>.json`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import ARCHIVE_PREFIX, sort_key
from ringfence.model.codec import canonical
from ringfence.model.frozen import frozen
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.chain import ChainKey, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

INCIDENTS_PREFIX = f"{ARCHIVE_PREFIX}inc-"
_NAME = re.compile(r"(?P<seq>[0-9]{6})\.(?P<kind>jsonl?)")
FIELDS = ("chain", "entry", "body", "hash", "mac")
"""The fields of a line, which is one entry."""


@frozen
class Place:
    """Where an object belongs: to a response, from the entry `seq` on. `alone`: it is one entry."""

    key: ChainKey
    incident: str
    seq: int
    alone: bool


def folder(chain: str, incident: str) -> str:
    """Return the prefix of a response's objects. `chain` is the partition of the table."""
    return f"{ARCHIVE_PREFIX}{incident}/{chain.replace('#', '/', 1)}/"


def object_key(chain: str, incident: str, seq: int) -> str:
    """Return the key of the object whose first entry is `seq`."""
    return f"{folder(chain, incident)}{seq:06d}.jsonl"


def place_of(name: str) -> Place | None:
    """Read an object's key. None if it is not one that Ringfence writes or wrote."""
    path, _, last = name.removeprefix(ARCHIVE_PREFIX).rpartition("/")
    found = _NAME.fullmatch(last)
    if not found or not name.startswith(ARCHIVE_PREFIX):
        return None
    if alone := found["kind"] == "json":
        chain, _, incident = path.rpartition("/")
    else:
        incident, _, chain = path.partition("/")
    runbook, _, subject = chain.partition("/")
    if not INCIDENT_ID.fullmatch(incident) or not subject:
        return None
    return Place(ChainKey(runbook, subject), incident, int(found["seq"]), alone)


def written(chain: str, entries: Sequence[Entry]) -> str:
    """Return an object's text: one line for each entry."""
    lines = (
        canonical(
            dict(
                zip(
                    FIELDS,
                    (chain, sort_key(one.incident, one.seq), one.body, one.hash, one.mac),
                    strict=True,
                )
            )
        )
        for one in entries
    )
    return "".join(f"{line}\n" for line in lines)


def read(place: Place, text: str) -> tuple[Entry, ...]:
    """Read an object's entries. Text that is not what `written` returns becomes one entry that fails."""
    try:
        lines = [json.loads(line) for line in text.splitlines()]
        entries = tuple(
            Entry(place.incident, place.seq + at, *(str(line[name]) for name in ("body", "hash", "mac")))
            for at, line in enumerate(lines)
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        entries = ()
    if not entries or written(place.key.text, entries) != text:
        return (Entry(place.incident, place.seq, text, ""),)
    return entries
