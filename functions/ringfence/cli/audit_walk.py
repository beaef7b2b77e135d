"""Walk the transparency log: its checkpoints, its leaves and its tiles."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import is_ours
from ringfence.cli.audit_sources import LogReport, Sources
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.model.times import utc_text
from ringfence.record.log_check import LogCheck, Signed, gaps, time_faults
from ringfence.record.merkle import WIDTH, Edge, bundle_path, edge_widths, leaf_hash, tile_path
from ringfence.record.tlog import packed, read_checkpoint, read_leaf, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.aws.log_files import LogFiles
    from ringfence.aws.versions import Version
    from ringfence.cli.audit_store import AuditStore
    from ringfence.record.tlog import Checkpoint, Leaf


AT_ONCE = 64
"""Files that are read in parallel."""
_MARGIN = timedelta(hours=1)
"""By how much the time of an incident can be later than its first entry."""
_AGAIN = timedelta(minutes=30)


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
        entries = counted(base.checkpoint.size, "entry")
        report.faults.append(f"the tiles do not fit the checkpoint over {entries}")
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
        leaves = bundle_of(sources.files, number, min(WIDTH, end - number * WIDTH))
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


def _signed(sources: Sources, report: LogReport, since: datetime | None) -> list[Signed]:
    """Read the checkpoints of the archive, the newest first, back to the first one before `since`."""
    found: list[Signed] = []
    forms: dict[Checkpoint, str] = {}
    versions = sources.files.checkpoints()
    while some := tuple(islice(versions, AT_ONCE)):
        reads = [lambda version=version: sources.files.checkpoint(version) for version in some]
        notes = sources.side_by_side(reads)
        for version, note in zip(some, notes, strict=True):
            one = _read(
                str(note), f"the checkpoint that the archive received {received(version)}", sources, report
            )
            if one is None:
                continue
            if forms.setdefault(one, str(note)) != note:
                report.faults.append(f"a checkpoint has another form {received(version)}: {one.text!r}")
            if version.at - one.at > _AGAIN:
                words = f"the checkpoint of {utc_text(one.at)} was written again, as the newest one,"
                report.remarks.append(f"tampering: {words} {received(version)}")
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
        f"the archive lacks the checkpoint of {utc_text(one.checkpoint.at)} in {one.place}"
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


def bundle_of(files: LogFiles, number: int, width: int) -> tuple[bytes, ...] | None:
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


def _wanted(signed: Iterable[Signed]) -> Iterator[str]:
    """Yield the paths of the partial files that a checkpoint needs."""
    for size in {one.checkpoint.size for one in signed}:
        yield from (tile_path(*place) for place in edge_widths(size) if place[2])
        if size % WIDTH:
            yield bundle_path(size // WIDTH, size % WIDTH)


def received(version: Version) -> str:
    """Return in words when the archive received a version."""
    return f"at {utc_text(version.at)}"
