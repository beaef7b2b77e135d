"""API calls and round trips in a row from the handler's entry to the call that ends the danger."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.environment import ROOT, environment, event, health_event, key_event
from benchmarks.stub import Noted, Stub, depth, until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DELAY = 0.08
"""Seconds per call: long against the time between calls, so that what overlaps was made side by side."""
FRESH, WARM, FIRST_USE, SECOND_USE, UNNAMED = "fresh_role", "warm", "first_use", "second_use", "unnamed"

SCRIPT = """
import json, sys
from benchmarks.ours import handle
for line in sys.stdin:
    handle(json.loads(line))
    print("done", flush=True)
"""


ISOLATING, DEACTIVATING = "ModifyNetworkInterfaceAttribute", "UpdateAccessKey"


def count_paths(code: Path) -> dict[str, float]:
    """Count for both runbooks: with a fresh role, warm, and warm where more must be found out or made.

    More is where the VPC has no group yet, or a report of AWS Health names a key and not its user. The
    second use relies on the group that the first use created and recorded.
    """
    bodies = dict.fromkeys((FRESH, WARM, FIRST_USE, SECOND_USE), event())
    instance = _paths(code, "contain-instance", bodies, ISOLATING)
    bodies = {FRESH: key_event(), WARM: key_event(), UNNAMED: health_event()}
    key = _paths(code, "contain-credentials", bodies, DEACTIVATING)
    return {
        "api_calls_to_isolation": len(instance[WARM]),
        "round_trips_to_isolation": depth(instance[WARM]),
        "api_calls_to_isolation_fresh_role": len(instance[FRESH]),
        "round_trips_to_isolation_fresh_role": depth(instance[FRESH]),
        "api_calls_to_isolation_first_use": len(instance[FIRST_USE]),
        "round_trips_to_isolation_first_use": depth(instance[FIRST_USE]),
        "round_trips_to_isolation_second_use": depth(instance[SECOND_USE]),
        "api_calls_to_deactivation": len(key[WARM]),
        "round_trips_to_deactivation": depth(key[WARM]),
        "round_trips_to_deactivation_fresh_role": depth(key[FRESH]),
        "round_trips_to_deactivation_unnamed": depth(key[UNNAMED]),
    }


def _paths(code: Path, runbook: str, bodies: Mapping[str, str], ending: str) -> dict[str, list[Noted]]:
    """Invoke one process again and again; return the calls up to the one that ends the danger."""
    paths: dict[str, list[Noted]] = {}
    with Stub() as stub:

        def hasten(operation: str) -> None:
            if operation == ending:
                stub.delay = 0

        stub.on_call = hasten
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**environment(code, runbook), **stub.environment},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name, body in bodies.items():
            if name == SECOND_USE:
                stub.calls = []
            else:
                stub.reset(has_group=name != FIRST_USE)
            stub.delay = DELAY
            _invoke(process, body)
            paths[name] = until(ending, stub.calls)
        process.communicate(timeout=30)
    return paths


def _invoke(process: subprocess.Popen[str], body: str) -> None:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    process.stdin.write(json.dumps(body) + "\n")
    process.stdin.flush()
    while (line := process.stdout.readline().strip()) != "done":
        if not line and process.poll() is not None:
            raise RuntimeError(process.stderr.read() if process.stderr else "it ended")
