"""What scheduled scans keep, as a report reads it: from their bucket, or from a copy of it in a folder."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.place import Place
from ringfence.model.step import counted
from ringfence.posture.kept import RESULTS, SUMMARIES, UNSEEN
from ringfence.record.scans import ScanSummary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.posture.kept import Judged

MOST_SCORES = 400
"""The scans whose scores a report reads, the newest ones: a year of daily ones."""
_SAME = 1_000
"""Reasons that begin with the same so many characters are one: the summary cuts it."""


class Files(Protocol):
    """The files of the bucket."""

    @property
    def where(self) -> str:
        """Where they are, in words."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of files that begin so, in their order."""
        ...

    def read(self, name: str) -> bytes:
        """Return what a file contains. Raises BadInput."""
        ...


@dataclass(frozen=True)
class FolderFiles:
    """A copy of the bucket in a folder."""

    folder: Path

    @property
    def where(self) -> str:
        """Where the files are, in words."""
        return str(self.folder)

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of files in a folder of the copy, in their order."""
        found = (one for one in (self.folder / prefix).rglob("*") if one.is_file())
        yield from sorted(one.relative_to(self.folder).as_posix() for one in found)

    def read(self, name: str) -> bytes:
        """Return what a file contains. Raises BadInput."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise BadInput("PATH", f"cannot be read: {error.strerror}", str(self.folder / name)) from error


@frozen
class KeptScan:
    """A scan, and the scores of the period until then, the oldest first.

    Attributes
    ----------
    at : datetime
        When it began.
    document : Document
        Its file in `summaries`.
    scores : tuple of ScanSummary
        It, and the scans of the period before it.
    """

    at: datetime
    document: Document
    scores: tuple[ScanSummary, ...]

    @property
    def id(self) -> str:
        """What identifies it."""
        return self.scores[-1].scan


def last_scan(files: Files, since: datetime, until: datetime) -> KeptScan:
    """Return the last scan of a period. Raises BadInput if there is none, or if its file is wrong."""
    found = [(_time_of(name), name) for name in files.names(f"{SUMMARIES}/")]
    times = sorted((at, name) for at, name in found if at)
    inside = [(at, name) for at, name in times if since <= at <= until]
    if not inside:
        newest = f"; the newest one began at {times[-1][0]:%Y-%m-%dT%H:%M:%SZ}" if times else ""
        raise BadInput("--since", f"is a period in which no scan of {files.where} began{newest}")
    documents = [_document(files, name) for _, name in inside[-MOST_SCORES:]]
    return KeptScan(inside[-1][0], documents[-1], tuple(map(ScanSummary.of, documents)))


def _time_of(name: str) -> datetime | None:
    """Return the time in the name of a summary. None if the file is something else."""
    stem = name.partition("/")[2].removesuffix(".json")
    try:
        at = datetime.fromisoformat(stem)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _document(files: Files, name: str) -> Document:
    try:
        return Document.of(json.loads(files.read(name)))
    except ValueError as error:
        raise BadInput("PATH", f"must be JSON: {error}", f"{files.where}, {name}") from error


def judged_in(files: Files, scan: str, problems: list[str]) -> Iterator[Judged]:
    """Yield the resources of a scan with their results. What cannot be read is added to `problems`."""
    from ringfence.posture.kept import judged_of

    for name in files.names(f"{RESULTS}/{scan}/"):
        try:
            with gzip.open(io.BytesIO(files.read(name)), "rt", encoding="utf-8") as lines:
                yield from map(judged_of, lines)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, BadInput) as error:
            problems.append(f"{name} cannot be read to its end: {error}")


def unseen_in(files: Files, scan: KeptScan, problems: list[str]) -> list[tuple[Place, str]]:
    """Return what a scan did not look at, and why. What cannot be read is added to `problems`.

    The summary has up to 20 reasons of each place, and cuts long ones. The files have all of them, but none
    about a place that did not answer.
    """
    told: dict[Place, dict[str, None]] = {}
    for name in files.names(f"{UNSEEN}/{scan.id}/"):
        _, _, account, region, *_ = (*name.split("/"), "", "")
        try:
            found = _document(files, name).texts("not_looked_at")
        except BadInput as error:
            problems.append(f"{name}: {error}")
            continue
        told.setdefault(Place(account, region), {}).update(dict.fromkeys(found))
    for one in scan.document.children("results"):
        place = Place(one.text("account"), one.text("region"))
        more = one.integer("more_not_looked_at") if place not in told else 0
        known = told.setdefault(place, {})
        for reason in one.texts("not_looked_at"):
            if not any(each.startswith(reason[:_SAME]) for each in known):
                known[reason] = None
        if more:
            known[f"and {counted(more, 'more reason')}"] = None
    return [(place, why) for place, reasons in told.items() for why in reasons]
