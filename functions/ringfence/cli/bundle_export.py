"""Make a bundle: the entries of a period or of some incidents, with what proves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from importlib.metadata import version
from itertools import groupby, islice
from typing import TYPE_CHECKING

from ringfence.aws.archive_objects import written
from ringfence.cli.audit_walk import bundle_of
from ringfence.cli.bundle_form import (
    BASE,
    CHECKPOINT,
    MANIFEST,
    Manifest,
    edge_files,
    events_file,
    incident_file,
    leaf_files,
)
from ringfence.cli.bundle_shown import scope_words
from ringfence.cli.bundle_views import Views, events_of
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.times import utc_text
from ringfence.record.chain import ChainKey, Entry
from ringfence.record.log_check import LOGGED_WITHIN, LogCheck, Signed
from ringfence.record.merkle import WIDTH, Edge
from ringfence.record.tlog import packed, read_checkpoint, read_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.log_files import LogFiles
    from ringfence.aws.versions import Version
    from ringfence.cli.audit_store import AuditStore
    from ringfence.cli.bundle_zip import Adding
    from ringfence.engine.ports import SideBySide
    from ringfence.record.integrity import Archived
    from ringfence.record.tlog import Checkpoint, LogKey, Verify

_AT_ONCE = 32
"""Responses that are read together."""
_AGAIN = timedelta(minutes=30)
"""A checkpoint that the archive received so much later than it was signed was put there again."""


class DamagedLog(RingfenceError):
    """The log in the archive has a fault, so that a bundle would prove nothing."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"the log has a fault: {fault}. `ringfence audit verify --all` names all faults")


class NoCheckpoint(RingfenceError):
    """The log has no checkpoint that is signed with its key, so that nothing can be proved."""


@dataclass(frozen=True)
class LogSources:
    """What a bundle is made from: the archive and the log in it, with the log's key."""

    archive: S3Archive
    files: LogFiles
    key: LogKey
    check: Verify
    side_by_side: SideBySide


@dataclass(frozen=True)
class Asked:
    """What a bundle is to contain: some incidents, or everything that was recorded in a period."""

    since: datetime
    until: datetime | None = None
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a bundle contains. `younger`: how many entries of it the log does not contain yet."""

    base: Checkpoint | None
    end: Checkpoint
    younger: int


def make_bundle(sources: LogSources, asked: Asked, store: AuditStore, out: Adding, now: datetime) -> Made:
    """Write a bundle. Raises BadInput if the log lacks an incident, NoCheckpoint and DamagedLog."""
    base, end = _window(sources, asked)
    _log(sources, base, end, store, out)
    scope = scope_words(base.checkpoint if base else None, end.checkpoint, asked.incidents)
    younger = _incidents(sources, _chains(asked, store, end.checkpoint), store, out, scope)
    made_at = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    manifest = Manifest(made_at, version("ringfence"), sources.key.text, asked.incidents, dict(out.digests))
    out.add(MANIFEST, manifest.text.encode())
    return Made(base.checkpoint if base else None, end.checkpoint, younger)


def _chains(asked: Asked, store: AuditStore, end: Checkpoint) -> dict[str, set[str]]:
    """Return the chains of each incident that was asked for. Raises BadInput if the log lacks one."""
    chains: dict[str, set[str]] = {}
    for incident, chain in store.logged():
        if not asked.incidents or incident in asked.incidents:
            chains.setdefault(incident, set()).add(chain)
    if missing := sorted({*asked.incidents} - chains.keys()):
        words = f"must be in the log, whose newest checkpoint is of {utc_text(end.at)}"
        raise BadInput("incident", words, missing[0])
    return chains


def _incidents(
    sources: LogSources, chains: Mapping[str, set[str]], store: AuditStore, out: Adding, scope: str
) -> int:
    """Write the entries and what is made from them. Return how many entries are younger than the log."""
    younger, views = 0, Views()
    for incident, each in groupby(_archived(sources, chains), key=lambda one: one[0]):
        lines, responses = [], {}
        for _, chain, found in each:
            entries, left = _proved(incident, found, store.leaves(chain, incident))
            younger += left
            lines.append(written(chain, entries))
            views.add(chain, entries)
            responses[chain] = entries
        out.add(incident_file(incident), "".join(lines).encode())
        if events := events_of(responses):
            out.add(events_file(incident), events)
    for name, data in views.files(scope).items():
        out.add(name, data)
    return younger


def _archived(
    sources: LogSources, chains: Mapping[str, set[str]]
) -> Iterator[tuple[str, str, tuple[Archived, ...]]]:
    """Yield the archived entries of each response, in order. Some responses are read at once."""
    pairs = ((incident, chain) for incident, of in sorted(chains.items()) for chain in sorted(of))
    while some := tuple(islice(pairs, _AT_ONCE)):
        reads = [
            lambda one=one: sources.archive.first_versions(_key(one[1]), one[0], _in_turn) for one in some
        ]
        for (incident, chain), found in zip(some, sources.side_by_side(reads), strict=True):
            yield incident, chain, found if isinstance(found, tuple) else ()


def _key(chain: str) -> ChainKey:
    runbook, _, subject = chain.partition("#")
    return ChainKey(runbook, subject)


def _in_turn(reads: Sequence[Callable[[], object]]) -> list[object]:
    return [read() for read in reads]


def _window(sources: LogSources, asked: Asked) -> tuple[Signed | None, Signed]:
    """Return the newest checkpoint before a period, if there is one, and the first one after it.

    If no checkpoint is after the period, the second one is the newest checkpoint.
    """
    newest_first = tuple(sources.files.checkpoints())
    until = asked.until
    after = (one for one in reversed(newest_first) if until and one.at >= until)
    later = (one for one in _signed(sources, after) if until and one.checkpoint.at >= until)
    end = next(later, None) or next(_signed(sources, newest_first), None)
    if end is None:
        raise _unproved(sources, newest_first)
    before = _signed(sources, (one for one in newest_first if one.at <= asked.since))
    return next((one for one in before if one.checkpoint.size <= end.checkpoint.size), None), end


def _unproved(sources: LogSources, versions: Sequence[Version]) -> NoCheckpoint:
    if versions:
        words = f"no checkpoint of the log is signed with the key {sources.key.text}"
        return NoCheckpoint(f"{words}. `ringfence audit verify --all` says what is wrong with each")
    minutes = int(LOGGED_WITHIN.total_seconds() // 60)
    return NoCheckpoint(
        f"the log has no checkpoint yet, so nothing can be proved. In a new deployment, the first one comes "
        f"within {minutes} minutes after the first entry. `ringfence audit verify --all` says by when: try "
        "again then"
    )


def _signed(sources: LogSources, versions: Iterable[Version]) -> Iterator[Signed]:
    """Yield checkpoints. What is none, or was put there again, is left out: `audit verify` names it."""
    for one in versions:
        note = sources.files.checkpoint(one)
        try:
            found = read_checkpoint(note, sources.key, sources.check)
        except BadInput:
            continue
        if one.at - found.at <= _AGAIN:
            yield Signed(found, CHECKPOINT, note)


def _log(sources: LogSources, base: Signed | None, end: Signed, store: AuditStore, out: Adding) -> None:
    """Write the checkpoints and the leaves between them, and keep the leaves. Raises DamagedLog."""
    edge = Edge()
    out.add(CHECKPOINT, end.note.encode())
    if base:
        found = sources.files.edge(base.checkpoint.size, base.checkpoint.root)
        if found is None:
            raise DamagedLog("the tiles do not fit the checkpoint before the period")
        edge = found
        out.add(BASE, base.note.encode())
        for name, tile in zip(edge_files(edge.size), (one for one in edge.levels if one), strict=True):
            out.add(name, b"".join(tile))
    check = LogCheck((end,), edge)
    for number, width, name in leaf_files(edge.size, end.checkpoint.size):
        leaves = bundle_of(sources.files, number, width)
        if leaves is None:
            raise DamagedLog(f"{name} is not in the archive")
        out.add(name, packed(one.decode(errors="replace") for one in leaves))
        known = max(0, edge.size - number * WIDTH)
        check.add(leaves[known:])
        read = [
            (at, read_leaf(one.decode(errors="replace"))) for at, one in enumerate(leaves, number * WIDTH)
        ]
        store.add_leaves((at, leaf) for at, leaf in read[known:] if leaf)
    check.end()
    if check.faults:
        raise DamagedLog(check.faults[0])


def _proved(
    incident: str, found: Iterable[Archived], leaves: Mapping[int, object]
) -> tuple[tuple[Entry, ...], int]:
    """Return the entries of a response up to its last leaf, and how many come later.

    Those without a leaf in the period are proved by the hash in the entry after them. It does not cover their
    MACs, so these are left out.
    """
    last, every = max(leaves), tuple(found)
    entries = tuple(
        Entry(incident, one.seq, one.body, one.hash, one.mac if one.seq in leaves else "")
        for one in every
        if one.seq <= last
    )
    return entries, len(every) - len(entries)
