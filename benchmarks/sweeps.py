"""Sweeps of 100 accounts in 17 regions, on sources in memory: requests, memory, and the time of a place."""

from __future__ import annotations

from ringfence.policy.sweeps import CLOUDTRAIL, CONFIG, SEVERE
from tests.support.sweep_costs import tour

_MEGABYTE = 1_000_000


def count_sweeps() -> dict[str, float]:
    """Return what one sweep of each source needs."""
    found: dict[str, float] = {}
    for name in (SEVERE, CONFIG, CLOUDTRAIL):
        made, words = tour(name), name.replace("-", "_")
        found[f"sweep_of_{words}_places"] = made.places
        found[f"sweep_of_{words}_most_calls_of_a_place"] = made.most_calls
        found[f"sweep_of_{words}_milliseconds_of_a_place"] = round(1000 * made.seconds, 1)
        found[f"sweep_of_{words}_megabytes_grown"] = round(made.grown / _MEGABYTE, 2)
    return found
