"""Walk the whole audit log: the transparency log, the archive and the table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import is_ours
from ringfence.aws.incidents import Response, months_between
from ringfence.model.errors import BadInput
from ringfence.record.chain import ChainKey, Entry
from ringfence.record.integrity import verify, with_more, written_at
from ringfence.record.log_check import LOGGED_WITHIN, LogCheck, Signed, gaps, log_faults, time_faults
from ringfence.record.merkle import (
    WIDTH,
    Edge,
    bundle_path,
    edge_widths,
    leaf_hash,
    tile_path,
)
from ringfence.record.tlog import LATE, packed, read_checkpoint, read_leaf, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.incidents import IncidentReader
    from ringfence.aws.log_files import LogFiles
    from ringfence.aws.versions import Stored, Version
    from ringfence.cli.audit_store import AuditStore
    from ringfence.engine.ports import SideBySide
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.tlog import Checkpoint, Leaf, LogKey, Verify

_AT_ONCE = 64
"""Files that are read in parallel."""
_MARGIN = timedelta(hours=1)
"""By how much the time of an incident can be later than its first entry."""
_AGAIN = timedelta(minutes=30)
_ANY_HASH = "0" * 64


@dataclass(frozen=True)
class Sources:
    """What is verified, and with which key. `copies` are checkpoints from elsewhere, with their places."""

    reader: IncidentReader
    archive: S3Archive
    files: LogFiles
    key: LogKey
    check: Verify
    copies: Sequence[tuple[str, str]]
    side_by_side: SideBySide


@dataclass(frozen=True)
class Period:
    """The incidents to verify, by the time at which they were opened. None: without a limit."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def first(self) -> str:
        """What the id of no incident of the period is less than."""
        return f"inc-{self.since.astimezone(UTC):%Y%m%dT%H%M%S}" if self.since else "inc-"

    @property
    def last(self) -> str:
        """What the id of no incident of the period is greater than."""
        return f"inc-{self.until.astimezone(UTC):%Y%m%dT%H%M%S}~" if self.until else "inc-~"

    def months(self, now: datetime) -> tuple[str, ...]:
        """Return the months of the period for the archive's keys."""
        if not self.since:
            return ("",)
        ahead = (self.until or now) + timedelta(days=1)
        return tuple(month.replace("-", "") for month in months_between(self.since, ahead))


@dataclass
class LogReport:
    """What was found in the transparency log."""

    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    checkpoints: int = 0
    first: int = 0
    size: int = 0
    newest: Checkpoint | None = None
    note: str = ""
    """The newest checkpoint with its signature."""
    wanted: set[str] = field(default_factory=set)
    """The files that the checkpoints need, by path."""
    awaited: bool = False
    """There is no checkpoint at all, so that nothing can be compared with the log."""
    oldest: datetime | None = None
    """When the oldest entry says that it was written."""

    def saw(self, entries: Iterable[Entry]) -> None:
        """Keep the time of the oldest entry."""
        times = [at for at in map(written_at, entries) if at]
        self.oldest = min((*times, *((self.oldest,) if self.oldest else ())), default=None)

    def young(self, now: datetime) -> bool:
        """Return whether no entry is so old that the log must have a checkpoint."""
        return self.oldest is not None and now - self.oldest <= LOGGED_WITHIN


def walk_log(sources: Sources, store: AuditStore, since: datetime | None, now: datetime) -> LogReport:
    """Verify the log, and keep its leaves in `store`. `since`: only what came from then on."""
    report = LogReport()
    signed = _signed(sources, report, since)
    if not (signed or sources.copies or report.faults or report.remarks):
        report.awaited = True
        return report
    base = signed.pop() if since and signed and signed[-1].checkpoint.at < since - _MARGIN else None
    edge: Edge | None = Edge()
    if base:
        edge = sources.files.edge(base.checkpoint.size, base.checkpoint.root)
    if base and edge is None:
        report.faults.append(f"the tiles do not fit the checkpoint over {base.checkpoint.size} entries")
    edge = edge or Edge()
    own = [one for one in (*signed, *((base,) if base else ())) if one.checkpoint.size >= edge.size]
    newest = max(own, key=lambda one: (one.checkpoint.size, one.checkpoint.at), default=None)
    report.newest, report.note = (newest.checkpoint, newest.note) if newest else (None, "")
    report.checkpoints, report.first = len(own), edge.size
    report.faults += time_faults(own, now)
    report.remarks += gaps(own)
    copies = _copies_of(sources, report, own, begun=base.checkpoint.at if base else None)
    check = LogCheck((*own, *copies), edge)
    end = report.newest.size if report.newest else edge.size
    for number in range(edge.size // WIDTH, -(-end // WIDTH)):
        leaves = _bundle(sources.files, number, min(WIDTH, end - number * WIDTH))
        if leaves is None:
            report.faults.append(f"leaves {number * WIDTH} to {end - 1} of the log are not in the archive")
            break
        check.add(leaves[max(0, edge.size - number * WIDTH) :])
        _keep(leaves, number, store, report)
        tiles = check.taken()
        store.add_files(tiles.items())
        report.wanted |= tiles.keys()
    else:
        check.end()
    store.add_files((path.partition(".p/")[0], tile) for path, tile in check.edge.tiles().items())
    report.faults += check.faults
    report.size = check.edge.size
    report.wanted |= set(_wanted(own))
    return report


def walk_files(sources: Sources, store: AuditStore, report: LogReport, now: datetime) -> None:
    """Compare every tile and bundle with what the leaves give. Adds to the report."""
    wanted = set(report.wanted)
    stored = sources.files.files()
    while some := tuple(islice(stored, _AT_ONCE)):
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
                f"tampering: {one.name} got a delete marker in the archive at {at:%Y-%m-%d %H:%M:%SZ}"
                for at in one.markers
            )
            if one.name.startswith("tile/"):
                data = [(version, bytes(next(contents))) for version in one.versions]  # type: ignore[call-overload]  # bytes
                report.faults += _file_faults(one, data, store, report, now)
    report.faults += (f"{path} is missing from the archive's log" for path in sorted(wanted))


def walk_responses(
    sources: Sources, store: AuditStore, period: Period, report: LogReport, now: datetime
) -> Iterator[ChainVerdict]:
    """Verify every response of a period that the archive, the table or the log names, one at a time."""
    first, last = period.first, period.last
    store.add_responses(
        (incident, key.text) for key, incident in sources.archive.responses(first, last, period.months(now))
    )
    store.add_responses(_in_table(sources.reader, period, report))
    store.add_responses(one for one in store.logged() if first <= one[0] <= last)
    for key, incident in store.responses():
        yield verified(sources, store, key, incident, now, report=report)
    if report.awaited and report.oldest and not report.young(now):
        report.faults.append(
            "the archive has no checkpoint of the log, although the oldest entry is of "
            f"{report.oldest:%Y-%m-%d %H:%M:%SZ}: "
            "is the function ringfence-checkpoint deployed, and has it run?"
        )


def verified(  # noqa: PLR0913 - what is verified, against what
    sources: Sources, store: AuditStore, key: ChainKey, incident: str, now: datetime, *, report: LogReport
) -> ChainVerdict:
    """Verify one response against the archive, and against the log if it has a checkpoint."""
    archived = sources.archive.first_versions(key, incident, sources.side_by_side)
    # Read after the archive: new entries are then pending. Otherwise they would seem to be removed.
    table = sources.reader.entries(Response(key, incident))
    verdict = verify(key, incident, table, archived, now)
    contents = {one.seq: one for one in table if one.seq >= 0}
    contents |= {one.seq: Entry(incident, one.seq, one.body, one.hash, one.mac) for one in archived}
    report.saw(contents.values())
    leaves = store.leaves(key.text, incident)
    faults = tuple(log_faults(contents, frozenset(one.seq for one in archived), leaves, now))
    wrong = {one.seq for one in faults}
    unlogged = tuple(sorted(contents.keys() - leaves.keys() - wrong))
    return replace(with_more(verdict, faults), unlogged=unlogged)


def _in_table(reader: IncidentReader, period: Period, report: LogReport) -> Iterator[tuple[str, str]]:
    before: tuple[str, str] | None = None
    for chain, entry in reader.every():
        incident = entry.rpartition("#")[0]
        if not is_ours(chain, entry, _ANY_HASH):
            report.faults.append(f"the table has an item that is not an entry: {chain}, {entry}")
        elif period.first <= incident <= period.last:
            yield incident, chain
        elif before is None or (incident, chain) < before:
            before = (incident, chain)
    if report.awaited and before:
        incident, chain = before
        runbook, _, subject = chain.partition("#")
        report.saw(reader.entries(Response(ChainKey(runbook, subject), incident)))


def _signed(sources: Sources, report: LogReport, since: datetime | None) -> list[Signed]:
    """Read the checkpoints of the archive, the newest first, back to the first one before `since`."""
    found: list[Signed] = []
    forms: dict[Checkpoint, str] = {}
    versions = sources.files.checkpoints()
    while some := tuple(islice(versions, _AT_ONCE)):
        reads = [lambda version=version: sources.files.checkpoint(version) for version in some]
        notes = sources.side_by_side(reads)
        for version, note in zip(some, notes, strict=True):
            one = _read(
                str(note), f"the checkpoint that the archive received {_time(version)}", sources, report
            )
            if one is None:
                continue
            if forms.setdefault(one, str(note)) != note:
                report.faults.append(f"a checkpoint has another form {_time(version)}: {one.text!r}")
            if version.at - one.at > _AGAIN:
                words = f"the checkpoint of {one.at:%Y-%m-%d %H:%M:%SZ} was put on top again {_time(version)}"
                report.remarks.append(f"tampering: {words}")
                continue
            found.append(Signed(one, "the archive's checkpoint", str(note)))
            if since and one.at < since - _MARGIN:
                return found
    return found


def _copies_of(
    sources: Sources, report: LogReport, own: list[Signed], begun: datetime | None
) -> list[Signed]:
    """Read the copies of checkpoints from `begun` on, and report those that the archive lacks."""
    copies = [one for one in _copies(sources, report) if begun is None or one.checkpoint.at >= begun]
    known = {one.checkpoint for one in own}
    report.faults += (
        f"the archive lacks the checkpoint of {one.checkpoint.at:%Y-%m-%d %H:%M:%SZ} in {one.place}"
        for one in copies
        if one.checkpoint not in known
    )
    return copies


def _copies(sources: Sources, report: LogReport) -> Iterator[Signed]:
    for place, note in sources.copies:
        one = _read(note, f"the copy {place}", sources, report)
        if one:
            yield Signed(one, f"the copy {place}", note)


def _read(note: str, what: str, sources: Sources, report: LogReport) -> Checkpoint | None:
    try:
        return read_checkpoint(note, sources.key, sources.check)
    except BadInput as error:
        report.faults.append(f"{what} is not a checkpoint of the log: {error}")
        return None


def _bundle(files: LogFiles, number: int, width: int) -> tuple[bytes, ...] | None:
    """Read a bundle. If it has several versions, take the one that a version of its tile fits."""
    found = []
    for data in files.versions(bundle_path(number, width)):
        try:
            entries = unpacked(data)
        except BadInput:
            continue
        if len(entries) == width:
            found.append(entries)
    if len(found) > 1:
        tiles = set(files.versions(tile_path(0, number, width)))
        found.sort(key=lambda entries: b"".join(map(leaf_hash, entries)) not in tiles)
    return found[0] if found else None


def _keep(leaves: Sequence[bytes], number: int, store: AuditStore, report: LogReport) -> None:
    if len(leaves) == WIDTH:
        report.wanted.add(bundle_path(number))
    store.add_files([(bundle_path(number), packed(one.decode(errors="replace") for one in leaves))])
    read = [(number * WIDTH + at, _leaf(one.decode(errors="replace"))) for at, one in enumerate(leaves)]
    store.add_leaves((at, leaf) for at, leaf in read if leaf)
    report.faults += (
        f"leaf {at} of the log is not an entry: it was removed before it was published, or it was altered"
        for at, leaf in read
        if leaf is None
    )


def _leaf(text: str) -> Leaf | None:
    """Read a leaf. None if it names no entry."""
    leaf = read_leaf(text)
    return leaf if leaf and is_ours(leaf.chain, leaf.entry, leaf.hash) else None


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
            yield f"{stored.name} is not a file of the log, received {_time(version)}"
        elif not _fits(content, expected, base, wide, late=late):
            what = "differs from what the leaves give" if place == 0 else "got another version"
            yield f"{stored.name} {what}, received {_time(version)}"


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


def _wanted(signed: Iterable[Signed]) -> Iterator[str]:
    """Yield the paths of the partial files that a checkpoint needs."""
    for size in {one.checkpoint.size for one in signed}:
        yield from (tile_path(*place) for place in edge_widths(size) if place[2])
        if size % WIDTH:
            yield bundle_path(size // WIDTH, size % WIDTH)


def _time(version: Version) -> str:
    return f"at {version.at:%Y-%m-%d %H:%M:%SZ}"
