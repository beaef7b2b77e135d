"""The table, and the limits that hold from now on."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

LIMITS = {
    "round_trips_to_isolation": 3,
    "round_trips_to_deactivation": 3,
    "modules_to_isolation_of_5": 104,
    "cold_wall_ratio": 0.80,
    "cold_cpu_ratio": 0.80,
    "cold_memory_ratio": 0.75,
    "warm_cpu_ratio_to_custodian": 0.75,
    "sweep_of_guardduty_severe_megabytes_grown": 1,
    "sweep_of_config_megabytes_grown": 1,
    "sweep_of_cloudtrail_megabytes_grown": 1,
    "sweep_of_guardduty_severe_most_calls_of_a_place": 3,
    "sweep_of_config_most_calls_of_a_place": 2,
    "sweep_of_cloudtrail_most_calls_of_a_place": 24,
}
"""The most that a measure may come to, where it is measured."""


def show(results: dict[str, float]) -> None:
    """Print the results, and what each may come to."""
    table = Table("measure", "value", "at most", title="Ringfence, measured")
    for column in table.columns[1:]:
        column.justify = "right"
    over = missed(results)
    for name, value in results.items():
        limit = f"{LIMITS[name]:g}" if name in LIMITS else ""
        table.add_row(name, f"{value:g}", limit, style="bold red" if name in over else "")
    Console().print(table)


def missed(results: dict[str, float]) -> list[str]:
    """Name the measures that are above their limits."""
    return [name for name, limit in LIMITS.items() if results.get(name, limit) > limit]
