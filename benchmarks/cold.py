"""A fresh process until its isolating call, as a ratio to plain boto3: everybody runs in turn.

Wall time is what a finding waits for. CPU time says the same of a machine that is busy with other things.
"""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from benchmarks.contestants import CUSTODIAN, OURS, PLAIN, handling
from benchmarks.environment import event
from benchmarks.paths import ISOLATING
from benchmarks.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contestants import Contestant

RUNS = 16
PREFIXES = {OURS: "cold", CUSTODIAN: "custodian_cold"}


@dataclass(frozen=True)
class Run:
    """One cold start, measured as the isolating call comes in: seconds, CPU seconds, peak kilobytes."""

    wall: float
    cpu: float
    memory: float


def cold_ratios(contestants: Sequence[Contestant]) -> dict[str, float]:
    """Return the medians of the ratios of runs that followed each other."""
    runs: dict[str, list[Run]] = {one.name: [] for one in contestants}
    with Stub() as stub:
        for _ in range(RUNS):
            for one in contestants:
                runs[one.name].append(_run(stub, one))
    yardstick = runs.pop(PLAIN)
    return {
        f"{PREFIXES[name]}_{measure}_ratio": _ratio(ours, yardstick, measure)
        for name, ours in runs.items()
        for measure in ("wall", "cpu", "memory")
    }


def _ratio(ours: Sequence[Run], plain: Sequence[Run], measure: str) -> float:
    pairs = list(zip(ours, plain, strict=True))[1:]  # the first run fills the disk cache
    ratios = [float(getattr(a, measure) / getattr(b, measure)) for a, b in pairs]
    return round(statistics.median(ratios), 3)


def _run(stub: Stub, contestant: Contestant) -> Run:
    stub.reset()
    isolated = Event()
    seen: list[Run] = []
    begun = time.monotonic()
    with handling(contestant, stub) as process:
        pid = process.process.pid

        def note(operation: str) -> None:
            if operation == ISOLATING and not isolated.is_set():
                seen.append(Run(time.monotonic() - begun, _cpu(pid), _peak(pid)))
                isolated.set()

        stub.on_call = note
        process.handle(event())
    if not isolated.is_set():
        raise RuntimeError(f"{contestant.name} did not isolate")
    return seen[0]


def _cpu(pid: int) -> float:
    """Return the CPU seconds of all threads; each file begins with a thread's nanoseconds on a processor."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text("ascii").split()[0]) for one in threads) / 1e9


def _peak(pid: int) -> int:
    """Return the peak resident memory so far, in kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0
