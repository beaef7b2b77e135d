"""Tables: columns on a terminal, and cells between tabs in a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ringfence.cli.text import row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


Cells = tuple["str | Text", ...]
"""A row. A `Text` brings its style."""


@dataclass(frozen=True)
class Sheet:
    """A table.

    Attributes
    ----------
    columns : tuple of str
        The titles of the columns.
    rows : sequence of Cells
        The rows.
    right : frozenset of int
        The columns with numbers.
    folded : frozenset of int
        The columns that can be broken on a narrow terminal. The others cannot.
    widths : sequence of int
        The widths of the columns. Empty: what is in them and the terminal decide.
    title, note : str
        A line above and below it. Empty: none.
    """

    columns: tuple[str, ...]
    rows: Sequence[Cells]
    right: frozenset[int] = frozenset()
    folded: frozenset[int] = frozenset({0})
    widths: Sequence[int] = ()
    title: str = ""
    note: str = ""

    def drawn(self) -> Table:
        """Return the table for a terminal."""
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        if self.title:
            table.title, table.title_justify, table.title_style = self.title, "left", "bold"
        if self.note:
            table.caption, table.caption_justify = self.note, "left"
        for index, title in enumerate(self.columns):
            folded = index in self.folded
            table.add_column(
                title,
                justify="right" if index in self.right else "left",
                overflow="fold" if folded else "ellipsis",
                no_wrap=not folded,
                width=self.widths[index] if self.widths else None,
            )
        for cells in self.rows:
            table.add_row(*(one if isinstance(one, Text) else Text(one) for one in cells))
        return table

    def lines(self, *, titles: bool = True) -> Iterator[str]:
        """Yield the lines for a pipe. `titles`: with the title, the note and the titles of the columns."""
        if titles:
            yield from filter(None, (self.title,))
            yield row(*self.columns)
        yield from (row(*(str(one) for one in cells)) for cells in self.rows)
        if titles:
            yield from filter(None, (self.note,))
