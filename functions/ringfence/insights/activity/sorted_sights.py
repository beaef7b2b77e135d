"""Sights in the order in which rules are evaluated, of which memory has only a bounded number.

The others are in compressed temporary files, each of which is sorted. Several small files become a larger
one, so that the number of files grows with the logarithm of the number of sights.
"""

from __future__ import annotations

import gzip
import heapq
import json
import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final, NamedTuple

from ringfence.insights.activity.sight_rows import row_of, sight_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.insights.activity.detection import Sight

MOST_HELD: Final = 20_000
"""The sights in memory: about 9 MB."""
MOST_FILES: Final = 32
"""The files of one level. They become one of the next level."""


class Matched(NamedTuple):
    """A sight of a step of a rule. `rule` is the position of the rule."""

    rule: int
    step: int
    sight: Sight


class SortedSights:
    """Collects sights in any order, and yields them sorted by rule, key and time.

    Parameters
    ----------
    most
        The number of sights in memory.

    """

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._held: list[Matched] = []
        self._levels: list[list[Path]] = []
        self._written = 0
        self._folder: Path | None = None

    @property
    def held(self) -> int:
        """The number of sights in memory."""
        return len(self._held)

    def add(self, one: Matched) -> None:
        """Add a sight."""
        self._held.append(one)
        if len(self._held) >= self._most:
            self._held.sort(key=_order)
            self._keep(self._held, 0)
            self._held = []

    def __iter__(self) -> Iterator[Matched]:
        """Yield each sight. Among equal ones, the one that was added first comes first."""
        self._held.sort(key=_order)
        files = (file for level in reversed(self._levels) for file in level)
        return heapq.merge(*map(_read, files), self._held, key=_order)

    def _keep(self, sights: Iterable[Matched], level: int) -> None:
        """Write a file of a level. If the level is full, its files become one of the next level."""
        if level == len(self._levels):
            self._levels.append([])
        files = self._levels[level]
        files.append(self._write(sights))
        if len(files) < MOST_FILES:
            return
        self._levels[level] = []
        self._keep(heapq.merge(*map(_read, files), key=_order), level + 1)
        for file in files:
            file.unlink()

    def _write(self, sights: Iterable[Matched]) -> Path:
        path = (self._folder or self._create()) / f"{self._written}.jsonl.gz"
        self._written += 1
        with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
            for one in sights:
                print(json.dumps([one.rule, one.step, *row_of(one.sight)]), file=file)
        return path

    def _create(self) -> Path:
        """Create the folder of the files. It is deleted with this object."""
        self._folder = Path(mkdtemp(prefix="ringfence-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def _read(path: Path) -> Iterator[Matched]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            rule, step, *row = json.loads(line)
            yield Matched(rule, step, sight_in(row))


def _order(one: Matched) -> tuple[int, tuple[str, ...], float, int, str]:
    return one.rule, one.sight.key, one.sight.at, one.step, one.sight.event
