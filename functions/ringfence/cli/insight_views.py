"""What a query over logs found, on a terminal."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from rich.padding import Padding
from rich.text import Text

from ringfence.cli.incident_views import SEVERITY_STYLES, plain
from ringfence.cli.sheets import Sheet
from ringfence.insights.query import TIMES
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ringfence.insights.activity.detection import Detection
    from ringfence.insights.query import Query


class Searched(Protocol):
    """A query or a rule, as people see it."""

    @property
    def id(self) -> str:
        """The id."""

    @property
    def title(self) -> str:
        """What it finds."""

    @property
    def technique(self) -> str:
        """The technique of ATT&CK."""

    @property
    def severity(self) -> str:
        """The severity."""

    @property
    def answer(self) -> str:
        """What to do."""


def found(query: Query, rows: Sequence[dict[str, object]], count: int) -> Iterator[RenderableType]:
    """Yield the title of a query, rows that it found, and what to do. `count` is the number of all rows."""
    yield _heading(query)
    cells = [tuple(plain(_cell(name, value)) for name, value in one.items()) for one in rows]
    yield Padding(Sheet(tuple(query.columns), cells, folded=frozenset()).drawn(), (0, 0, 0, 2))
    yield from _end(query, count - len(rows))


def detected(some: Sequence[Detection], count: int) -> Iterator[RenderableType]:
    """Yield the title of a rule, what it found, and what to do. `count` is the number of all of them."""
    rule = some[0].rule
    yield _heading(rule)
    for one in some:
        number = counted(len(one.sights), "call") if len(one.sights) > 1 else one.last.call.name
        address = f" from {one.last.call.address}" if one.last.call.address else ""
        yield plain(f"  {datetime.fromtimestamp(one.last.at, UTC):%Y-%m-%d %H:%M}  {number}{address}")
        yield plain(f"    by {one.who}")
        yield from (plain(f"    about {subject.key}", "dim") for subject in one.subjects)
    yield from _end(rule, count - len(some))


def _heading(searched: Searched) -> RenderableType:
    severity = (searched.severity, SEVERITY_STYLES[searched.severity])
    return Text.assemble(severity, "  ", (searched.id, "bold"), f"  {searched.title} ({searched.technique})")


def _end(searched: Searched, hidden: int) -> Iterator[RenderableType]:
    if hidden:
        yield plain(f"  and {hidden} more; --full shows them", "dim")
    yield plain(f"  {searched.answer}")
    yield Text()


def _cell(name: str, value: object) -> str:
    """Return a value for people: times in UTC."""
    if name in TIMES and isinstance(value, int):
        with suppress(ValueError, OverflowError, OSError):
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M}"
    return str(value)
