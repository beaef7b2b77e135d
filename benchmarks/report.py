"""The table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def show(results: dict[str, float]) -> None:
    """Print the results."""
    table = Table("measure", "value", title="Ringfence, measured")
    table.columns[1].justify = "right"
    for name, value in results.items():
        table.add_row(name, f"{value:g}")
    Console().print(table)
