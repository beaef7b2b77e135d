"""CPU time for one more event in a process that has handled others: what throughput costs."""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.contestants import CUSTODIAN, OURS, PLAIN, handling
from benchmarks.environment import event
from benchmarks.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contestants import Contestant

FIRST, EVENTS = 3, 40
"""Events that warm the process up, and those that are measured."""
ROUNDS = 3
"""How often each contestant has its turn: the machine is not equally fast all the time."""
NAMES = {
    OURS: "warm_cpu_ms_per_event",
    PLAIN: "plain_warm_cpu_ms_per_event",
    CUSTODIAN: "custodian_warm_cpu_ms_per_event",
}


def warm_cpu(contestants: Sequence[Contestant]) -> dict[str, float]:
    """Return each contestant's CPU milliseconds for an event: the lowest median of its rounds."""
    rounds = [{one.name: _median(one) for one in contestants} for _ in range(ROUNDS)]
    results = {NAMES[one.name]: round(min(r[one.name] for r in rounds) * 1000, 2) for one in contestants}
    if NAMES[CUSTODIAN] in results:
        ratio = results[NAMES[OURS]] / results[NAMES[CUSTODIAN]]
        results["warm_cpu_ratio_to_custodian"] = round(ratio, 3)
    return results


def _median(contestant: Contestant) -> float:
    """Return seconds."""
    with Stub() as stub, handling(contestant, stub) as process:
        for _ in range(FIRST):
            process.handle(event())
        used = [process.handle(event()) for _ in range(EVENTS + 1)]
    return statistics.median(after - before for before, after in pairwise(used))
