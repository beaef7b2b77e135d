"""API calls and round trips in a row from the handler's entry to the isolating call."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.environment import ROOT, deployed, environment, event
from benchmarks.stub import Noted, Stub, depth, until_isolated

DELAY = 0.08
"""Seconds per call: long against the time between calls, so that what overlaps was made side by side."""
FRESH, WARM, FIRST_USE = "fresh_role", "warm", "first_use"

SCRIPT = """
import json, sys
from benchmarks.ours import invoke
for line in sys.stdin:
    invoke(json.loads(line))
    print("done", flush=True)
"""


def count_paths() -> dict[str, float]:
    """Invoke one process three times: with a fresh role, warm, and warm where the VPC has no group yet."""
    paths: dict[str, list[Noted]] = {}
    with deployed() as code, Stub(delay=DELAY) as stub:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env=environment(stub, code),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name in (FRESH, WARM, FIRST_USE):
            stub.reset(has_group=name != FIRST_USE)
            _invoke(process)
            paths[name] = until_isolated(stub.calls)
        process.communicate(timeout=30)
    return {
        "api_calls_to_isolation": len(paths[WARM]),
        "round_trips_to_isolation": depth(paths[WARM]),
        "api_calls_to_isolation_fresh_role": len(paths[FRESH]),
        "round_trips_to_isolation_fresh_role": depth(paths[FRESH]),
        "api_calls_to_isolation_first_use": len(paths[FIRST_USE]),
        "round_trips_to_isolation_first_use": depth(paths[FIRST_USE]),
    }


def _invoke(process: subprocess.Popen[str]) -> None:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    process.stdin.write(json.dumps(event()) + "\n")
    process.stdin.flush()
    while (line := process.stdout.readline().strip()) != "done":
        if not line and process.poll() is not None:
            raise RuntimeError(process.stderr.read() if process.stderr else "it ended")
