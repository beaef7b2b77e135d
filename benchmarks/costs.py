"""Requests of each kind of finding, counted on emulated tables and an emulated bucket."""

from __future__ import annotations

from dataclasses import asdict

from tests.support.costs import MANY, bills, of_many


def count_costs() -> dict[str, float]:
    """Return every count, and the read units of many findings about one subject."""
    counts = {
        f"{name}_of_{kind.replace(' ', '_')}": float(count)
        for kind, bill in bills().items()
        for name, count in asdict(bill).items()
    }
    total, last = of_many()
    return {**counts, f"reads_of_{MANY}_notifications": total, "reads_of_the_last_notification": last}
