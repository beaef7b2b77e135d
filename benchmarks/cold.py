"""A fresh process until its isolating call, as a ratio to a plain boto3 script, run alternately."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

from benchmarks.environment import ROOT, deployed, environment, event
from benchmarks.stub import Stub

RUNS = 16
ISOLATING = "ModifyNetworkInterfaceAttribute"


def cold_ratios() -> dict[str, float]:
    """Return wall time and peak memory relative to plain boto3: medians of the ratios of alternate runs."""
    plain: list[tuple[float, int]] = []
    ours: list[tuple[float, int]] = []
    with deployed() as code, Stub() as stub:
        for _ in range(RUNS):
            plain.append(_run(stub, code, "benchmarks.plain", ""))
            ours.append(_run(stub, code, "benchmarks.ours", json.dumps(event())))
    return {
        "cold_wall_ratio": _ratio(ours, plain, 0),
        "cold_memory_ratio": _ratio(ours, plain, 1),
    }


def _ratio(ours: list[tuple[float, int]], plain: list[tuple[float, int]], index: int) -> float:
    pairs = list(zip(ours, plain, strict=True))[1:]  # the first run fills the disk cache
    return round(statistics.median(a[index] / b[index] for a, b in pairs), 3)


def _run(stub: Stub, code: Path, module: str, given: str) -> tuple[float, int]:
    """Start a process; return seconds and peak kilobytes at the moment of the isolating call."""
    stub.reset()
    isolated = Event()
    seen: dict[str, float] = {}
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**environment(code), **stub.environment},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def note(operation: str) -> None:
        if operation == ISOLATING and not isolated.is_set():
            seen.update(wall=time.monotonic() - begun, memory=_peak(process.pid))
            isolated.set()

    stub.on_call = note
    process.communicate(given, timeout=60)
    if not isolated.is_set():
        raise RuntimeError(f"{module} did not isolate")
    return seen["wall"], int(seen["memory"])


def _peak(pid: int) -> int:
    """Return the peak resident memory so far, in kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0
