"""Run queries over files of flow logs with DuckDB. What a file contains is read as it streams by."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from ringfence.insights.query import COLUMNS, CONTAINED, FLOW_LOGS, LISTED
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ringfence.insights.query import Query

MEMORY = "384MB"
"""What DuckDB may use. It writes the rest to temporary files."""
SUFFIXES = (".gz", ".log", ".txt", ".parquet")
_REJECTED = (
    "SELECT file_path, line, MAX(error_type) AS error, scan_id FROM reject_errors "
    "JOIN reject_scans USING (scan_id, file_id) GROUP BY ALL"
)
"""The lines that cannot be read, and of their errors the one that explains the others.

DuckDB keeps an error for each column, and the numbers of files begin with 0 in each scan.
"""
_NAMES = tuple(name for name, _ in COLUMNS)
_GZIP = b"\x1f\x8b"
MOST_NAMED = 10
"""Lines that cannot be read and that are named. The others are counted."""
_REASONS = {
    "CAST": "has a value that is no number",
    "MISSING COLUMNS": "has too few columns",
    "TOO MANY COLUMNS": "has too many columns",
    "INVALID ENCODING": "is not UTF-8 text",
    "LINE SIZE OVER MAXIMUM": "is too long",
}
"""What DuckDB's names of errors mean."""
_NEEDED = frozenset({"srcaddr", "dstaddr", "dstport", "packets", "bytes", "start", "end", "action"})
"""The columns without which no query has an answer."""


@dataclass
class FlowFiles:
    """Files of flow logs: space-separated lines with or without a header, or Parquet.

    `addresses` are those to look for. `contained` are addresses and the times, in seconds since 1970, from
    which on they were contained. `rejected` lines cannot be read, and `named` has the first of them with
    the reason. `skipped` records say that AWS did not record the flows of an interval.
    """

    paths: Sequence[Path]
    addresses: Iterable[str] = ()
    contained: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0
    named: tuple[str, ...] = ()
    skipped: int = 0
    lines: int = 0

    def __post_init__(self) -> None:
        self._database = duckdb.connect(config={"memory_limit": MEMORY, "enable_external_access": True})
        self._load()
        self._database.execute("SET enable_external_access = false")

    def answers(self, query: Query, values: dict[str, float] | None = None) -> Iterator[dict[str, object]]:
        """Yield the rows of a query. Raises BadInput for an unknown parameter."""
        result = self._database.execute(query.text(values))
        while rows := result.fetchmany(1000):
            for row in rows:
                yield dict(zip(query.columns, row, strict=True))

    def _load(self) -> None:
        run = self._database.execute
        columns = ", ".join(f'"{name}" {type_}' for name, type_ in COLUMNS)
        run(f"CREATE TABLE {FLOW_LOGS} ({columns})")
        for path in self.paths:
            try:
                self._read(path)
            except (duckdb.Error, OSError, EOFError, UnicodeDecodeError) as error:
                words = getattr(error, "strerror", None) or str(error).partition("\n")[0]
                raise BadInput(str(path), f"cannot be read: {ascii(words)[1:-1][:200]}") from error
        run(f"CREATE TABLE {LISTED} (address VARCHAR)")
        run(f"CREATE TABLE {CONTAINED} (address VARCHAR, since BIGINT)")
        for address in self.addresses:
            run(f"INSERT INTO {LISTED} VALUES (?)", [address])  # noqa: S608 - the name is a constant
        for pair in self.contained.items():
            run(f"INSERT INTO {CONTAINED} VALUES (?, ?)", list(pair))  # noqa: S608 - the name is a constant
        self.lines = self._count(f"SELECT COUNT(*) FROM {FLOW_LOGS}")  # noqa: S608 - the name is a constant
        self.skipped = self._count(f"SELECT COUNT(*) FROM {FLOW_LOGS} WHERE log_status = 'SKIPDATA'")  # noqa: S608 - the name is a constant
        if self._has_rejects():
            self.rejected = self._count(f"SELECT COUNT(*) FROM ({_REJECTED})")  # noqa: S608 - a constant
            self.named = tuple(self._rejected())

    def _rejected(self) -> Iterator[str]:
        """Yield the place of each of the first lines that cannot be read, and the reason."""
        found = self._database.execute(f"{_REJECTED} ORDER BY scan_id, line LIMIT {MOST_NAMED}")
        for path, line, error, *_ in found.fetchall():
            yield f"{path}, line {line}: {_REASONS.get(str(error), 'cannot be read')}"

    def _count(self, sql: str) -> int:
        row = self._database.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def _read(self, path: Path) -> None:
        if path.suffix == ".parquet":
            described = self._database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)])
            found = [str(row[0]) for row in described.fetchall()]
            self._insert(path, found, "read_parquet(?)", [str(path)])
            return
        compressed = _is_compressed(path)
        names, has_header = _header(path, compressed=compressed)
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        source = (
            f"read_csv(?, delim=' ', header={str(has_header).lower()}, columns={{{types}}}, nullstr='-', "
            "ignore_errors=true, store_rejects=true, quote='', escape='', auto_detect=false, "
            f"compression='{'gzip' if compressed else 'none'}')"
        )
        self._insert(path, names, source, [str(path)])

    def _has_rejects(self) -> bool:
        return bool(
            self._count("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'reject_errors'")
        )

    def _insert(self, path: Path, names: Sequence[str], source: str, values: list[str]) -> None:
        plain = {name.replace("-", "_"): name for name in names}
        if missing := sorted(_NEEDED - plain.keys()):
            raise BadInput(str(path), f"must have the columns {', '.join(missing)}")
        chosen = ", ".join(
            f'TRY_CAST("{plain[name]}" AS {type_})' if name in plain else "NULL" for name, type_ in COLUMNS
        )
        # Names are those of COLUMNS, or were checked against them.
        self._database.execute(f"INSERT INTO {FLOW_LOGS} SELECT {chosen} FROM {source}", values)  # noqa: S608


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _header(path: Path, *, compressed: bool) -> tuple[list[str], bool]:
    """Return the columns of a file, and whether its first line names them."""
    with gzip.open(path) if compressed else path.open("rb") as file:
        words = file.readline(65_536).decode("utf-8").split()
    known = {name.replace("_", "-") for name in _NAMES} | set(_NAMES)
    if known.intersection(words):
        if any('"' in word or "'" in word for word in words):
            raise BadInput(str(path), "must have plain names of columns in its first line")
        return words, True
    if len(words) != len(_NAMES):
        told = f"must have a first line with names, or {len(_NAMES)} columns as in the default format"
        raise BadInput(str(path), told)
    return list(_NAMES), False
