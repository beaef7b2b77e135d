"""What one function imports for one event, with catalogues of several sizes: modules and bytes, counted."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.catalogues import NOT_DEPLOYED, OURS, SMALLEST, Code, Way
from benchmarks.environment import ROOT, environment, event
from benchmarks.paths import ISOLATING

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZES = (SMALLEST, 20, 40)
LISTS = (f"ringfence.runbooks.{OURS.replace('-', '_')}",)
"""The modules that list ids: the runbook lists its remediations, and each is loaded by its id."""


@dataclass(frozen=True)
class Footprint:
    """The modules of Ringfence that one process imported, with the bytes of their source, by then.

    `policy` are the bytes of the compiled policy, which is data.
    """

    size: int
    way: Way
    isolated: Mapping[str, int]
    answered: Mapping[str, int]
    policy: int

    @property
    def code(self) -> int:
        """Bytes of source until the isolating call, without the lists of ids."""
        return sum(size for name, size in self.isolated.items() if name not in LISTS)

    @property
    def lists(self) -> int:
        """Bytes of the modules that list ids."""
        return sum(size for name, size in self.isolated.items() if name in LISTS)


def footprints() -> tuple[Footprint, ...]:
    """Measure each size in every way of growing; the smallest is the same in all of them."""
    cases = [(SMALLEST, Way.RUNBOOKS), *((size, way) for size in SIZES[1:] for way in Way)]

    def measured(case: tuple[int, Way]) -> Footprint:
        size, way = case
        return measure(Code.written(Path(folder, f"{size} {way}"), size, way))

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=2) as pool:
        return tuple(pool.map(measured, cases))


def measure(code: Code) -> Footprint:
    """Let a fresh process answer one event."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.loaded"],
        cwd=ROOT,
        env=environment(code.root, OURS),
        input=json.dumps([event(), ISOLATING]),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    policy = code.root / "policy.json"
    return Footprint(code.size, code.way, **json.loads(ran.stdout), policy=policy.stat().st_size)


def share(one: Footprint) -> float:
    """Return the share of the functions' code that is imported until the isolating call, in bytes."""
    rooms = (path for path in (ROOT / "functions" / "ringfence").iterdir() if path.name not in NOT_DEPLOYED)
    sources = (source for room in rooms if room.is_dir() for source in room.rglob("*.py"))
    return one.code / sum(source.stat().st_size for source in sources)


def count_growth() -> dict[str, float]:
    """Return the most that any way of growing comes to, for each size."""
    found = footprints()
    smallest = next(one for one in found if one.size == SMALLEST)
    results: dict[str, float] = {"share_of_code_to_isolation": round(share(smallest), 3)}
    for size in SIZES:
        of = [one for one in found if one.size == size]
        results[f"modules_to_isolation_of_{size}"] = max(len(one.isolated) for one in of)
        results[f"source_bytes_to_isolation_of_{size}"] = max(one.code for one in of)
        results[f"bytes_of_ids_of_{size}"] = max(one.lists for one in of)
        results[f"bytes_of_policy_of_{size}"] = max(one.policy for one in of)
    return results
