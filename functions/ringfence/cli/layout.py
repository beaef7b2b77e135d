"""Parts of a page for a terminal: lists with hanging indents, changes, and the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from ringfence.cli.breaks import Broken
from ringfence.cli.incident_views import BAD, GOOD, OPEN, plain
from ringfence.cli.text import safe
from ringfence.model.step import counted
from ringfence.record.changes import BEGUN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from ringfence.record.changes import Change

_MARK = 4
"""The width of the mark before a change."""


def changed(
    one: Change, width: int, *, cut: bool = False, about: tuple[str, str] = ("", "")
) -> RenderableType:
    """Return a change: what was done, and from which value to which.

    With `cut`, it is one line, in which `about`, the id and the kind of the subject, are said in short.
    """
    mark, style = _mark(one)
    words = one.words if one.applied or one.result == BEGUN else f"{one.result}: {one.words}"
    detail = "" if one.applied else one.detail
    if cut:
        said = [_short(text, about) for text in (words, one.before, one.after, detail)]
        return Text.assemble(plain(f"  {mark} ", style), *_one_line(said, width - _MARK, style))
    values = f"{one.before} → {one.after}" if one.before or one.after else ""
    apart = "\n" if cell_len(safe(f"{words}: {values}")) > width - _MARK else ": "
    text = plain(words)
    if values:
        text = Text.assemble(text, apart, plain(values, "dim"))
    if detail:
        text = Text.assemble(text, "\n", plain(detail, style))
    return hanging(f"  {mark} ", text, style)


def _short(text: str, about: tuple[str, str]) -> str:
    """Say `the instance` instead of the id of the incident's instance."""
    id_, kind = about
    return text.replace(id_, f"the {kind}") if id_ and kind else text


def _one_line(said: Sequence[str], width: int, style: str) -> Iterator[Text]:
    """Yield words and values in one line. Of what is too long, the words keep up to two thirds."""
    words, before, after, detail = (safe(text) for text in said)
    arrow = safe(" → ")
    values = f"{before}{arrow}{after}" if before or after else detail
    if not values:
        yield Text(_fit(words, width))
        return
    room = min(cell_len(values), max(width // 3, width - cell_len(words) - 2))
    yield Text(f"{_fit(words, width - room - 2)}: ")
    if not (before or after):
        yield Text(_fit(detail, room), style)
        return
    both = room - cell_len(arrow)
    first = min(cell_len(before), max(both // 2, both - cell_len(after)))
    yield Text(f"{_fit(before, first)}{arrow}{_fit(after, both - first)}", "dim")


def _fit(text: str, width: int) -> str:
    """Return a text of at most this width. An ellipsis says that it is longer."""
    mark = safe("…")
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, max(width - cell_len(mark), 0)).rstrip()}{mark}"


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
    grid.add_column()
    grid.add_row(plain(mark, style), Broken(text))
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
    return counted(number, thing)
