"""Run every benchmark, print a table, write build/bench.json: `make bench`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.cold import cold_ratios
from benchmarks.contestants import contestants
from benchmarks.costs import count_costs
from benchmarks.environment import deployed
from benchmarks.growth import count_growth
from benchmarks.paths import count_paths
from benchmarks.report import missed, show
from benchmarks.scans import count_scans
from benchmarks.sweeps import count_sweeps
from benchmarks.warm import warm_cpu

OUT = Path(__file__).resolve().parent.parent / "build" / "bench.json"


def main() -> int:
    """Measure, print, write; fail where a limit is missed."""
    results: dict[str, float] = {}
    OUT.parent.mkdir(exist_ok=True)
    with deployed() as code:
        results.update(count_paths(code))
        everybody = contestants(code)
        results.update(cold_ratios(everybody))
        results.update(warm_cpu(everybody))
    results.update(count_growth())
    results.update(count_costs())
    results.update(count_sweeps())
    results.update(count_scans())
    if "--no-local" not in sys.argv:
        from benchmarks.local import event_to_isolated

        results.update(event_to_isolated())
    OUT.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    show(results)
    if over := missed(results):
        print(f"above the limit: {', '.join(over)}")
    return len(over) > 0


if __name__ == "__main__":
    sys.exit(main())
