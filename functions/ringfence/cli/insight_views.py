"""What a query over logs found, on a terminal."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ringfence.cli.incident_views import SEVERITY_STYLES, plain
from ringfence.insights.query import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ringfence.insights.query import Query


def found(query: Query, rows: Sequence[dict[str, object]], count: int) -> Iterator[RenderableType]:
    """Yield the title of a query, rows that it found, and what to do. `count` is the number of all rows."""
    severity = (query.severity, SEVERITY_STYLES[query.severity])
    yield Text.assemble(severity, "  ", (query.id, "bold"), f"  {query.title} ({query.technique})")
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name in query.columns:
        table.add_column(name, overflow="fold")
    for one in rows:
        table.add_row(*(plain(_cell(name, value)) for name, value in one.items()))
    yield table
    if count > len(rows):
        yield plain(f"  and {count - len(rows)} more; --full shows them", "dim")
    yield plain(f"  {query.answer}")
    yield Text()


def _cell(name: str, value: object) -> str:
    """Return a value for people: times in UTC."""
    if name in TIMES and isinstance(value, int):
        with suppress(ValueError, OverflowError, OSError):
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M}"
    return str(value)
