"""Run every benchmark, print a table, write build/bench.json: `make bench`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.cold import cold_ratios
from benchmarks.growth import count_growth
from benchmarks.paths import count_paths
from benchmarks.report import show

OUT = Path(__file__).resolve().parent.parent / "build" / "bench.json"


def main() -> int:
    """Measure, print, write."""
    results: dict[str, float] = {}
    results.update(count_paths())
    results.update(count_growth())
    results.update(cold_ratios())
    if "--no-local" not in sys.argv:
        from benchmarks.local import event_to_isolated

        results.update(event_to_isolated())
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    show(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
