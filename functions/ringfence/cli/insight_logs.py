"""Which logs are in files: `ringfence insights PATH` searches them with the command for these logs."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIVITY, NETWORK = "activity", "network"
_START = 4096
_FLOWS = (".gz", ".log", ".txt", ".parquet")
"""The ends of names of flow logs. Their module imports DuckDB, which takes longer than to read a file."""
_GZIP, _MARK = b"\x1f\x8b", b"\xef\xbb\xbf"


class Searches(click.Group):
    """The commands that search logs. A path instead of a command chooses the one for its logs."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command."""
        if args and args[0] not in self.commands and Path(args[0]).exists():
            args = [log_of(Path(args[0])), *args]
        return super().resolve_command(ctx, args)


def log_of(path: Path) -> str:
    """Return the command for the logs in a file or folder: records of CloudTrail are JSON, flow logs are not.

    The first file counts. What cannot be read is left to the command for activity, whose error names it.
    """
    for one in _files(path):
        try:
            start = _start(one)
        except (OSError, EOFError, zlib.error):
            continue
        return ACTIVITY if start.lstrip()[:1] in {b"{", b"["} else NETWORK
    return ACTIVITY


def _files(path: Path) -> Iterator[Path]:
    from ringfence.cli.event_stream import SUFFIXES as RECORDS

    if not path.is_dir():
        yield path
        return
    within = sorted(one for one in path.rglob("*") if one.is_file())
    yield from (one for one in within if one.suffix in {*RECORDS, *_FLOWS})


def _start(path: Path) -> bytes:
    """Return the first bytes of a file, without a byte order mark."""
    with path.open("rb") as raw:
        is_packed = raw.read(len(_GZIP)) == _GZIP
    if is_packed:
        with gzip.open(path) as file:
            return file.read(_START).removeprefix(_MARK)
    with path.open("rb") as file:
        return file.read(_START).removeprefix(_MARK)
