"""Tables: columns on a terminal, and cells between tabs in a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ringfence.cli.text import row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType


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

    def drawn(self) -> RenderableType:
        """Return the table for a terminal. No name in the first column is broken."""
        return _Fitted(self) if self.folded <= {0} and not self.widths else self.table()

    def table(self) -> Table:
        """Return the table with columns of any width."""
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
            table.add_row(*(_styled(one) for one in cells))
        return table

    @property
    def texts(self) -> tuple[tuple[Text, ...], ...]:
        """The titles, then the rows, with their styles."""
        titles = tuple(Text(one, "bold") for one in self.columns)
        return (
            titles,
            *(tuple(one if isinstance(one, Text) else Text(one) for one in row) for row in self.rows),
        )

    def lines(self, *, titles: bool = True) -> Iterator[str]:
        """Yield the lines for a pipe. `titles`: with the title, the note and the titles of the columns."""
        if titles:
            yield from filter(None, (self.title,))
            yield row(*self.columns)
        yield from (row(*(str(one) for one in cells)) for cells in self.rows)
        if titles:
            yield from filter(None, (self.note,))


_GAP = 2
"""The blanks between two columns."""


@dataclass(frozen=True)
class _Fitted:
    """A table whose columns all have the width of their contents, except for the first one.

    If a word of the first column is longer than the space that the others leave, it is alone on a line, and
    the rest of its row is below it. If the others alone do not fit, each row is a list of titles and values.
    """

    sheet: Sheet

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Draw it."""
        texts = self.sheet.texts
        widths = [max(one.cell_len for one in column) for column in zip(*texts, strict=True)]
        room = options.max_width - sum(widths[1:]) - _GAP * (len(widths) - 1)
        if self.sheet.title:
            yield Text(self.sheet.title, "bold")
        if room >= texts[0][0].cell_len and (self.sheet.folded or room >= widths[0]):
            for row_ in texts:
                yield from self._row(row_, [min(widths[0], room), *widths[1:]], console)
        else:
            for row_ in texts[1:]:
                yield from _pairs(texts[0], row_, options.max_width)
        if self.sheet.note:
            yield Text(self.sheet.note)

    def _row(self, cells: Sequence[Text], widths: Sequence[int], console: Console) -> Iterator[Text]:
        first = cells[0]
        if max(map(cell_len, first.plain.split()), default=0) > widths[0]:
            yield first
            parts = [Text()]
        else:
            parts = list(first.wrap(console, widths[0])) or [Text()]
        for index, part in enumerate(parts):
            each = (part, *(cells[1:] if index == 0 else ()))
            padded = [self._padded(number, one, widths[number]) for number, one in enumerate(each)]
            line = Text(" " * _GAP).join(padded)
            line.rstrip()
            yield line

    def _padded(self, number: int, cell: Text, width: int) -> Text:
        blanks = Text(" " * max(width - cell.cell_len, 0))
        return Text.assemble(blanks, cell) if number in self.sheet.right else Text.assemble(cell, blanks)


def _styled(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def _pairs(titles: Sequence[Text], cells: Sequence[Text], width: int) -> Iterator[Text]:
    """Yield a row as titles and values: as many on a line as fit, and further lines with an indent."""
    line = Text()
    for title, cell in zip(titles, cells, strict=True):
        pair = Text.assemble((title.plain, "dim"), " ", cell)
        if line.plain.strip() and line.cell_len + _GAP + pair.cell_len > width:
            yield line
            line = Text(" " * _GAP)
        line = Text.assemble(line, " " * _GAP if line.plain.strip() else "", pair)
    yield line
