"""The form of a bundle: a zip file that can be verified without AWS. docs/record-format.md specifies it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ringfence.aws.archive_objects import FIELDS
from ringfence.aws.audit_items import ARCHIVE_PREFIX, is_ours
from ringfence.aws.log_files import CHECKPOINT, PREFIX
from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.chain import Entry
from ringfence.record.merkle import WIDTH, bundle_path, edge_widths, tile_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORM = "ringfence bundle, version 1"
MANIFEST = "manifest.json"
BASE = f"{PREFIX}base"
"""The checkpoint before the first entry of the period."""
RESPONSES, DECISIONS, PAGE = "responses.csv", "decisions.csv", "report.html"
VIEWS = (RESPONSES, DECISIONS, PAGE)
"""The files about all incidents that are made from the entries."""
MOST_BYTES = 1 << 28
"""The most bytes of one file. A larger one is no file of a bundle."""

__all__ = ["BASE", "CHECKPOINT", "DECISIONS", "FORM", "MANIFEST", "MOST_BYTES", "PAGE", "RESPONSES", "VIEWS"]


@frozen
class Manifest:
    """What a bundle says about itself. Nothing in it is signed: the entries are proved by the log.

    Parameters
    ----------
    made_at
        When it was made, in UTC.
    version
        The version of Ringfence that made it.
    log
        The verifier key of the log. Do not trust it: use the key that you know.
    incidents
        The incidents that were named. Empty: everything that was recorded in the period.
    files
        The SHA-256 of each other file, by name.

    """

    made_at: str
    version: str
    log: str
    incidents: tuple[str, ...]
    files: Mapping[str, str]

    @property
    def text(self) -> str:
        """The manifest as JSON."""
        said = {
            "form": FORM,
            "made_at": self.made_at,
            "version": self.version,
            "log": self.log,
            "incidents": list(self.incidents),
            "files": dict(self.files),
        }
        return json.dumps(said, indent=1, sort_keys=True) + "\n"


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest. Raises BadInput."""
    try:
        given = Document.of(json.loads(data), MANIFEST)
    except (ValueError, RecursionError) as error:
        raise BadInput(MANIFEST, "must be JSON") from error
    given.only("form", "made_at", "version", "log", "incidents", "files")
    if given.text("form") != FORM:
        raise BadInput(given.at("form"), f"must be {FORM!r}", given.text("form"))
    files = given.child("files")
    incidents = given.texts("incidents")
    for one in incidents:
        if not INCIDENT_ID.fullmatch(one):
            raise BadInput(given.at("incidents"), "must be ids of incidents", one)
    digests = {name: files.text(name) for name in files.value}
    return Manifest(given.text("made_at"), given.text("version"), given.text("log"), incidents, digests)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def incident_file(incident: str) -> str:
    """Return the name of the file with the entries of an incident."""
    return f"{ARCHIVE_PREFIX}{incident}.jsonl"


def events_file(incident: str) -> str:
    """Return the name of the file with the events of OCSF of an incident."""
    return f"ocsf/{incident}.jsonl"


def edge_files(size: int) -> tuple[str, ...]:
    """Return the names of the tiles with the right edge of a log with `size` entries, lowest level first."""
    return tuple(f"{PREFIX}{tile_path(*place)}" for place in edge_widths(size) if place[2])


def leaf_files(first: int, size: int) -> Iterator[tuple[int, int, str]]:
    """Yield the number, the width and the name of each file of leaves, from leaf `first` to the last one."""
    for number in range(first // WIDTH, -(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        yield number, width, f"{PREFIX}{bundle_path(number, width)}"


def read_entries(incident: str, text: str) -> Iterator[tuple[str, Entry]]:
    """Yield the entries of an incident's file, each with its chain. Raises BadInput that names the line."""
    if text and not text.endswith("\n"):
        raise BadInput(incident_file(incident), "must end with a newline")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        at = f"{incident_file(incident)}, line {number}"
        try:
            given = Document.of(json.loads(line), at)
        except (ValueError, RecursionError) as error:
            raise BadInput(at, "must be JSON") from error
        chain, entry, body, hash_, mac = (given.optional_text(name) or "" for name in FIELDS)
        of, _, seq = entry.rpartition("#")
        if canonical(given.value) != line or of != incident or not is_ours(chain, entry, hash_):
            raise BadInput(at, "must be an entry of this incident")
        yield chain, Entry(incident, int(seq), body, hash_, mac)
