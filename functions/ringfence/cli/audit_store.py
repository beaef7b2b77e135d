"""What a verification of everything has seen, in a temporary file: its size does not matter for memory."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.record.chain import ChainKey
from ringfence.record.tlog import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TABLES = """
CREATE TABLE responses (incident TEXT, chain TEXT, PRIMARY KEY (incident, chain)) WITHOUT ROWID;
CREATE TABLE leaves (chain TEXT, entry TEXT, number INTEGER, body TEXT, hash TEXT, mac TEXT);
CREATE INDEX entries ON leaves (chain, entry);
CREATE TABLE files (path TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID;
"""


class AuditStore:
    """Responses to verify, leaves of the log, and what its files must contain."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES} BEGIN;")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add_responses(self, found: Iterable[tuple[str, str]]) -> None:
        """Add responses: incident and chain. Those that are known are skipped."""
        self._db.executemany("INSERT OR IGNORE INTO responses VALUES (?, ?)", found)

    def responses(self) -> Iterator[tuple[ChainKey, str]]:
        """Yield each response once, by the time of its incident."""
        rows = self._db.execute("SELECT incident, chain FROM responses ORDER BY incident, chain")
        for incident, chain in rows:
            runbook, _, subject = str(chain).partition("#")
            yield ChainKey(runbook, subject), str(incident)

    def add_leaves(self, found: Iterable[tuple[int, Leaf]]) -> None:
        """Add leaves with their numbers."""
        rows = ((leaf.chain, leaf.entry, number, leaf.body, leaf.hash, leaf.mac) for number, leaf in found)
        self._db.executemany("INSERT INTO leaves VALUES (?, ?, ?, ?, ?, ?)", rows)

    def leaves(self, chain: str, incident: str) -> dict[int, Sequence[tuple[int, Leaf]]]:
        """Return the leaves of a response: for each number of an entry, their numbers and contents."""
        rows = self._db.execute(
            "SELECT * FROM leaves WHERE chain = ? AND entry >= ? AND entry < ? ORDER BY number",
            (chain, f"{incident}#", f"{incident}#~"),
        )
        found: dict[int, list[tuple[int, Leaf]]] = {}
        for of, entry, number, *hashes in rows:
            seq = str(entry).rpartition("#")[2]
            if entry == f"{incident}#{seq}" and seq.isdigit():
                found.setdefault(int(seq), []).append((number, Leaf(of, entry, *hashes)))
        return dict(found)

    def logged(self) -> Iterator[tuple[str, str]]:
        """Yield the responses that the leaves name: incident and chain."""
        rows = self._db.execute("SELECT DISTINCT substr(entry, 1, instr(entry, '#') - 1), chain FROM leaves")
        for incident, chain in rows:
            yield str(incident), str(chain)

    def add_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Add what the widest version of each file of the log must contain, by path without a width."""
        self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", files)

    def file(self, path: str) -> bytes | None:
        """Return what a file must contain. None if the log has no such file."""
        row = self._db.execute("SELECT data FROM files WHERE path = ?", (path,)).fetchone()
        return bytes(row[0]) if row else None


@contextmanager
def audit_store() -> Iterator[AuditStore]:
    """Create a store, and remove its file in the end."""
    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
        store = AuditStore(str(Path(folder) / "audit.sqlite"))
        try:
            yield store
        finally:
            store.close()
