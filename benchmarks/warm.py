"""CPU time for one more event in a process that has handled others: what throughput costs."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.contestants import CUSTODIAN, OURS, PLAIN, handling
from benchmarks.environment import event
from benchmarks.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contestants import Contestant, Handling

FIRST = 20
"""Events that warm a process up."""
ROUNDS, TURNS, EVENTS = 5, 4, 10
"""How often new processes start, how often each has its turn then, and the events of one turn. The machine is
not equally fast all the time, so what is compared ran at the same time. Nor are two processes with the same
code: their ratio differed by a third from one start to the next.
"""
NAMES = {
    OURS: "warm_cpu_ms_per_event",
    PLAIN: "plain_warm_cpu_ms_per_event",
    CUSTODIAN: "custodian_warm_cpu_ms_per_event",
}


def warm_cpu(contestants: Sequence[Contestant]) -> dict[str, float]:
    """Return each contestant's CPU milliseconds for an event, and the median of the ratios of its turns."""
    turns: dict[str, list[float]] = {one.name: [] for one in contestants}
    for _ in range(ROUNDS):
        _round(contestants, turns)
    results = {NAMES[name]: round(statistics.median(used) * 1000, 2) for name, used in turns.items()}
    if CUSTODIAN in turns:
        pairs = zip(turns[OURS], turns[CUSTODIAN], strict=True)
        results["warm_cpu_ratio_to_custodian"] = round(statistics.median(a / b for a, b in pairs), 3)
    return results


def _round(contestants: Sequence[Contestant], turns: dict[str, list[float]]) -> None:
    """Start each contestant, warm it up, and add the seconds for an event of each turn."""
    with Stub() as stub, ExitStack() as stack:
        processes = [stack.enter_context(handling(one, stub)) for one in contestants]
        for process in processes:
            for _ in range(FIRST):
                process.handle(event())
        for _ in range(TURNS):
            for process in processes:
                turns[process.name].append(_turn(process))


def _turn(process: Handling) -> float:
    """Return the seconds for an event of this turn. The first only fills the caches again."""
    used = [process.handle(event()) for _ in range(EVENTS + 1)]
    return statistics.median(after - before for before, after in pairwise(used))
