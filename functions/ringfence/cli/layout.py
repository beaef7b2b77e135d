"""Parts of a page for a terminal: lists with hanging indents, changes, and the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ringfence.cli.incident_views import BAD, GOOD, OPEN, plain
from ringfence.cli.text import safe
from ringfence.record.changes import BEGUN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from ringfence.record.changes import Change

_MARK = 4
"""The width of the mark before a change."""


def changed(one: Change, width: int, *, cut: bool = False) -> RenderableType:
    """Return a change: what was done, and from which value to which. With `cut`, it is one line."""
    mark, style = _mark(one)
    words = one.words if one.applied or one.result == BEGUN else f"{one.result}: {one.words}"
    values = f"{one.before} → {one.after}" if one.before or one.after else ""
    apart = "\n" if not cut and cell_len(safe(f"{words}: {values}")) > width - _MARK else ": "
    text = plain(words)
    if values:
        text = Text.assemble(text, apart, plain(values, "dim"))
    if one.detail and not one.applied:
        text = Text.assemble(text, ": " if cut else "\n", plain(one.detail, style))
    return hanging(f"  {mark} ", text, style, width=width if cut else 0)


def _mark(one: Change) -> tuple[str, str]:
    if one.applied:
        return "✓", GOOD
    return ("?", OPEN) if one.result == BEGUN else ("✗", BAD)


def listed(title: str, words: Iterable[str], style: str = "", *, width: int = 0) -> Iterator[RenderableType]:
    """Yield a title and a list with hanging indents. Yield nothing for an empty list.

    With `width`, each item is one line of at most this width.
    """
    shown = tuple(words)
    if shown:
        yield Text()
        yield plain(title, "bold")
        yield from (hanging("  - ", plain(one, style), style, width=width) for one in shown)


def hanging(mark: str, text: Text, style: str = "", *, width: int = 0) -> RenderableType:
    """Return a text whose further lines start below the first one. With `width`, it is one line."""
    if width:
        return fitted(Text.assemble(plain(mark, style), text), width)
    grid = Table.grid()
    grid.add_column(no_wrap=True, min_width=cell_len(mark))
    grid.add_column(overflow="fold")
    grid.add_row(plain(mark, style), text)
    return grid


def fitted(line: Text, width: int) -> Text:
    """Return a line of at most this width. An ellipsis says that it is longer."""
    line.truncate(width, overflow="ellipsis")
    return line


def ending(purpose: str, command: str) -> Iterator[Text]:
    """Yield what to type next. The command is alone on the last line, so that it can be copied."""
    yield Text()
    yield plain(purpose, "bold")
    yield plain(command)


def count(number: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
