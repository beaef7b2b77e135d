"""Verify a bundle without AWS: everything that it contains against the signed checkpoint of the log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import is_ours
from ringfence.cli.audit_view import is_of_deployment
from ringfence.cli.bundle_form import (
    BASE,
    CHECKPOINT,
    MANIFEST,
    VIEWS,
    Manifest,
    edge_files,
    events_file,
    incident_file,
    leaf_files,
    read_entries,
    read_manifest,
    sha256,
)
from ringfence.cli.bundle_responses import response_faults
from ringfence.cli.bundle_shown import scope_words
from ringfence.cli.bundle_views import Views, events_of
from ringfence.model.errors import BadInput
from ringfence.record.log_check import LogCheck, Signed
from ringfence.record.merkle import WIDTH, Edge, hashes_in, leaf_hash
from ringfence.record.tlog import read_checkpoint, read_leaf, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ringfence.cli.audit_store import AuditStore
    from ringfence.cli.bundle_zip import Files
    from ringfence.record.chain import Entry
    from ringfence.record.tlog import Checkpoint, Leaf, LogKey, Verify


@dataclass
class BundleReport:
    """What was found in a bundle.

    `faults` name what was altered, removed or added. `unproved` are files that another version of Ringfence
    made, and that this one makes differently. `base` is the checkpoint before the period, None if the period
    begins with the log, and `end` is the one after it. `records` counts the records of the deployment, such
    as that of pauses.
    """

    faults: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    manifest: Manifest | None = None
    base: Checkpoint | None = None
    end: Checkpoint | None = None
    responses: int = 0
    records: int = 0
    entries: int = 0


def check_bundle(
    files: Files, store: AuditStore, key: LogKey, verify: Verify, kept: Iterable[Signed] = ()
) -> BundleReport:
    """Verify a bundle.

    Parameters
    ----------
    files
        The files.
    store
        Keeps the leaves.
    key, verify
        The key of the log, which does not come from the bundle, and the check of its signatures.
    kept
        Checkpoints that the auditor kept. Those of the period must fit the log.

    """
    report = BundleReport()
    _Check(files, store, key, verify, report).run(tuple(kept))
    return report


@dataclass
class _Check:
    """A verification. Each step adds to the report. After a fault in the log, nothing else is proved."""

    files: Files
    store: AuditStore
    key: LogKey
    verify: Verify
    report: BundleReport

    def run(self, kept: tuple[Signed, ...]) -> None:
        if fault := self.files.form_fault:
            self._fault(fault)
        manifest = self._manifest()
        if manifest is None:
            return
        self._contents(manifest)
        base, end = self._checkpoint(BASE), self._checkpoint(CHECKPOINT)
        self.report.base, self.report.end = base, end
        edge = self._edge(base) if base else Edge()
        if end is None or edge is None or (base is None and BASE in self.files.names):
            return
        if base and base.size > end.size:
            self._fault(f"{BASE} was altered: it covers more entries than {CHECKPOINT}")
            return
        if not self._log(edge, end, kept):
            return
        logged = self._logged(manifest.incidents)
        self._strangers(manifest, edge, logged)
        views = Views()
        for incident, chains in sorted(logged.items()):
            self._incident(manifest, incident, chains, views)
        if not self.report.faults:
            scope = scope_words(base, end, manifest.incidents)
            for name, right in views.files(scope).items():
                self._same(manifest, name, right)

    def _manifest(self) -> Manifest | None:
        for name, times in Counter(self.files.names).items():
            if times > 1:
                self._fault(f"{name} is in the bundle more than once")
        try:
            self.report.manifest = read_manifest(self.files.read(MANIFEST))
        except BadInput as error:
            self._fault(str(error))
        return self.report.manifest

    def _contents(self, manifest: Manifest) -> None:
        """Compare the files with the manifest."""
        names = {*self.files.names} - {MANIFEST}
        for name in sorted(names - manifest.files.keys()):
            self._fault(f"{name} was added: the manifest does not name it")
        for name, digest in sorted(manifest.files.items()):
            if name not in names:
                self._fault(f"{name} was removed")
                continue
            data = self._read(name)
            if data is not None and sha256(data) != digest:
                self._fault(f"{name} was altered: it does not have the SHA-256 in the manifest")

    def _checkpoint(self, name: str) -> Checkpoint | None:
        if name == BASE and name not in self.files.names:
            return None
        data = self._read(name)
        if data is None:
            return None
        try:
            return read_checkpoint(data.decode(errors="replace"), self.key, self.verify)
        except BadInput as error:
            self._fault(f"{name} is not a checkpoint of the log: {error}")
            return None

    def _edge(self, base: Checkpoint) -> Edge | None:
        """Read the right edge of the log before the period. None if it does not have the signed root."""
        names = edge_files(base.size)
        tiles = dict(zip(names, map(self._read, names), strict=True))
        if None in tiles.values():
            return None
        levels: list[tuple[bytes, ...]] = []
        rest = iter(tiles.values())
        size = base.size
        while size:
            levels.append(hashes_in(next(rest) or b"") if size % WIDTH else ())
            size //= WIDTH
        edge = Edge(tuple(levels))
        if (edge.size, edge.root) == (base.size, base.root):
            return edge
        self._fault(f"the tiles below log/tile/ were altered: they do not have the root of {BASE}")
        return None

    def _log(self, edge: Edge, end: Checkpoint, kept: Sequence[Signed]) -> bool:
        """Read the leaves, and compare their root with the signed one. Return whether it is equal."""
        before = len(self.report.faults)
        signed = [Signed(end, CHECKPOINT)]
        signed += [one for one in kept if edge.size <= one.checkpoint.size <= end.size]
        check = LogCheck(signed, edge)
        for number, width, name in leaf_files(edge.size, end.size):
            leaves = self._leaves(name, width)
            if leaves is None:
                return False
            known = max(0, edge.size - number * WIDTH)
            if known and tuple(map(leaf_hash, leaves[:known])) != edge.levels[0]:
                self._fault(f"{name} was altered: its first entries are not those of {BASE}")
            check.add(leaves[known:])
            self._keep(leaves[known:], number * WIDTH + known, name)
        check.end()
        self.report.faults += check.faults
        return len(self.report.faults) == before

    def _leaves(self, name: str, width: int) -> tuple[bytes, ...] | None:
        data = self._read(name)
        if data is None:
            return None
        try:
            leaves = unpacked(data)
        except BadInput:
            leaves = ()
        if len(leaves) == width:
            return leaves
        self._fault(f"{name} was altered: it does not contain the whole leaves that it must contain")
        return None

    def _keep(self, leaves: Sequence[bytes], first: int, name: str) -> None:
        read = [(number, _leaf(one)) for number, one in enumerate(leaves, first)]
        self.store.add_leaves((number, leaf) for number, leaf in read if leaf)
        for number, leaf in read:
            if leaf is None:
                self._fault(f"leaf {number} in {name} is no entry: the entry was removed from the log")

    def _logged(self, named: tuple[str, ...]) -> dict[str, set[str]]:
        """Return the chains of each incident that the bundle must contain."""
        logged: dict[str, set[str]] = {}
        for incident, chain in self.store.logged():
            if not named or incident in named:
                logged.setdefault(incident, set()).add(chain)
        for one in sorted({*named} - logged.keys()):
            self._fault(f"{one} is not in the log of this period")
        return logged

    def _strangers(self, manifest: Manifest, edge: Edge, incidents: Iterable[str]) -> None:
        """Name the files that no leaf needs, and that are not made from the entries."""
        end = self.report.end
        leaves = (name for _, _, name in leaf_files(edge.size, end.size)) if end else ()
        base = (BASE, *edge_files(edge.size)) if self.report.base else ()
        named = (name(one) for one in incidents for name in (incident_file, events_file))
        known = {MANIFEST, CHECKPOINT, *base, *leaves, *named, *VIEWS}
        for name in sorted({*manifest.files, *self.files.names} - known):
            self._fault(f"{name} was added: nothing in the log belongs to it")

    def _incident(self, manifest: Manifest, incident: str, chains: Iterable[str], views: Views) -> None:
        entries = self._entries(incident)
        if entries is None:
            return
        for chain in sorted({*entries, *chains}):
            found, leaves = entries.get(chain, []), self.store.leaves(chain, incident)
            self.report.faults += _response_faults(chain, incident, found, leaves)
            of_deployment = is_of_deployment(chain)
            self.report.records += of_deployment
            self.report.responses += not of_deployment
            self.report.entries += len(found)
            if not self.report.faults:
                views.add(chain, found)
        if not self.report.faults:
            self._same(manifest, events_file(incident), events_of(entries))

    def _entries(self, incident: str) -> dict[str, list[Entry]] | None:
        """Read the entries of an incident, by chain. None if they cannot be read."""
        found: dict[str, list[Entry]] = {}
        name = incident_file(incident)
        if name not in self.files.names:
            self._fault(f"{name} was removed: the log has entries of {incident}")
            return None
        data = self._read(name)
        try:
            for chain, entry in read_entries(incident, data.decode()) if data is not None else ():
                found.setdefault(chain, []).append(entry)
        except UnicodeDecodeError:
            self._fault(f"{name} was altered: it is not UTF-8 text")
        except BadInput as error:
            self._fault(f"{name} was altered: {error}")
        else:
            return found
        return None

    def _same(self, manifest: Manifest, name: str, right: bytes) -> None:
        """Compare a file with the one that the entries give. If they give an empty one, there is none."""
        ours, is_there = version("ringfence"), name in self.files.names
        if is_there == bool(right) and (not is_there or self._read(name) == right):
            return
        if not is_there:
            self._fault(f"{name} was removed")
        elif manifest.version == ours:
            self._fault(f"{name} was altered: it is not the file that the entries give")
        else:
            self.report.unproved.append(
                f"{name} is not the file that the entries give with version {ours}. It was made with version "
                f"{ascii(manifest.version)[1:41]}: verify it with that version"
            )

    def _read(self, name: str) -> bytes | None:
        try:
            return self.files.read(name)
        except BadInput as error:
            self._fault(str(error))
            return None

    def _fault(self, words: str) -> None:
        if words not in self.report.faults:
            self.report.faults.append(words)


def _response_faults(
    chain: str, incident: str, entries: Sequence[Entry], leaves: Mapping[int, Sequence[tuple[int, Leaf]]]
) -> list[str]:
    """Return what is wrong with a response. Entries that nobody can read are wrong as well."""
    try:
        return list(response_faults(chain, incident, entries, leaves))
    except (ValueError, RecursionError) as error:
        return [f"{incident} {chain}: an entry cannot be read: {error}"]


def _leaf(data: bytes) -> Leaf | None:
    """Read a leaf. None if it names no entry."""
    leaf = read_leaf(data.decode(errors="replace"))
    return leaf if leaf and is_ours(leaf.chain, leaf.entry, leaf.hash) else None
