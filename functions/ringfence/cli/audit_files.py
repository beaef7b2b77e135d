"""Compare the files of the transparency log with what its leaves give."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ringfence.cli.audit_walk import AT_ONCE, received
from ringfence.model.errors import BadInput
from ringfence.model.times import utc_text
from ringfence.record.merkle import WIDTH
from ringfence.record.tlog import LATE, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.aws.versions import Stored, Version
    from ringfence.cli.audit_sources import LogReport, Sources
    from ringfence.cli.audit_store import AuditStore


def walk_files(sources: Sources, store: AuditStore, report: LogReport, now: datetime) -> None:
    """Compare every tile and bundle with what the leaves give. Adds to the report."""
    wanted = set(report.wanted)
    stored = sources.files.files()
    while some := tuple(islice(stored, AT_ONCE)):
        reads = [
            lambda path=one.name, version=version: sources.files.version(path, version)
            for one in some
            if one.name.startswith("tile/")
            for version in one.versions
        ]
        contents = iter(sources.side_by_side(reads) if reads else ())
        for one in some:
            wanted.discard(one.name if one.versions else "")
            report.remarks += (
                f"tampering: {one.name} got a delete marker in the archive at {utc_text(at)}"
                for at in one.markers
            )
            if one.name.startswith("tile/"):
                data = [(version, bytes(next(contents))) for version in one.versions]  # type: ignore[call-overload]  # bytes
                report.faults += _file_faults(one, data, store, report, now)
    report.faults += (f"{path} is missing from the archive's log" for path in sorted(wanted))


def _file_faults(
    stored: Stored, data: Iterable[tuple[Version, bytes]], store: AuditStore, report: LogReport, now: datetime
) -> Iterator[str]:
    base, _, width = stored.name.partition(".p/")
    wide, expected = int(width or WIDTH) if (width or "1").isdigit() else 0, store.file(base)
    for place, (version, content) in enumerate(data):
        late = now - version.at > LATE
        if expected is None:
            if _before(base, report) or not late:
                continue
            yield f"{stored.name} is not a file of the log, received {received(version)}"
        elif not _fits(content, expected, base, wide, late=late):
            what = "differs from what the leaves give" if place == 0 else "got another version"
            yield f"{stored.name} {what}, received {received(version)}"


def _fits(content: bytes, expected: bytes, base: str, wide: int, *, late: bool) -> bool:
    """Return whether a file is the beginning of what it must contain.

    The files of a checkpoint that was not signed contain more. They must be recent.
    """
    if base.startswith("tile/entries/"):
        try:
            right = len(unpacked(content)) == wide
        except BadInput:
            right = False
    else:
        right = len(content) == wide * 32
    if len(content) > len(expected):
        return right and not late and content.startswith(expected)
    return right and expected.startswith(content)


def _before(base: str, report: LogReport) -> bool:
    """Return whether a file is of the part of the log that was not walked."""
    *_, kind, number = base.replace("/x", "").rsplit("/", 2)
    if not number.isdigit():
        return False
    level = int(kind) if kind.isdigit() else 0
    return bool(int(number) < report.first // WIDTH ** (level + 1))
