"""Sections of a page: a title and items. A small screen shows only as many items as it has lines for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from ringfence.cli.incident_views import plain
from ringfence.cli.layout import count, hanging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

_HEAD = 2
"""The lines of an empty line and a title."""


@dataclass(frozen=True)
class Section:
    """A title and items.

    Attributes
    ----------
    title : str
        The title.
    items : tuple
        What is shown below it.
    total : int
        The number of items in the record. There can be more than `items`.
    noun : str
        What is counted beside the title. Empty: nothing.
    note : str
        What follows the title in a dim color.
    """

    title: str
    items: tuple[RenderableType, ...] = ()
    total: int = 0
    noun: str = ""
    note: str = ""

    def parts(self) -> Iterator[RenderableType]:
        """Yield the whole section."""
        yield Text()
        yield Text.assemble(plain(self._counted, "bold"), (self.note, "dim"))
        yield from self.items
        if len(self.items) < self.total:
            yield plain(f"  and {self.total - len(self.items)} more: --full shows them", "dim")

    def some(self, most: int) -> Iterator[RenderableType]:
        """Yield the section with at most so many items. Each of them has one line."""
        shown = self.items[:most]
        yield Text()
        if len(shown) < self.total:
            number = count(self.total, self.noun) if self.noun else f"{self.total}"
            here = f", {len(shown)} of them here" if shown else ""
            yield Text.assemble(
                plain(f"{self.title}: {number}", "bold"), (f"{here}; --full shows all", "dim")
            )
        else:
            yield Text.assemble(plain(self._counted, "bold"), (self.note, "dim"))
        yield from shown

    @property
    def _counted(self) -> str:
        return f"{self.title}: {count(self.total, self.noun)}" if self.noun else self.title


def listed(title: str, words: Iterable[str], style: str = "", *, width: int = 0, most: int = 0) -> Section:
    """Return a section with hanging indents. With `width`, each item is one line. `most`: 0 is all."""
    every = tuple(words)
    shown = every[:most] if most else every
    items = tuple(hanging("  - ", plain(one, style), style, width=width) for one in shown)
    return Section(title, items, len(every))


def fitted(sections: Sequence[Section], room: int) -> Iterator[RenderableType]:
    """Yield sections on so many lines. The first ones keep the most items, and each keeps its title."""
    left = room - _HEAD * len(sections)
    for index, one in enumerate(sections):
        others = sum(bool(each.items) for each in sections[index + 1 :])
        most = max(0, min(len(one.items), left - others))
        left -= most
        yield from one.some(most)
