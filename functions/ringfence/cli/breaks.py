"""Where a line ends on a terminal: between words, and in a word that is too long where a name in it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions
    from rich.measure import Measurement
    from rich.text import Text

_WORD = re.compile(r"\s*\S+\s*|\s+")
_ENDS = ("=", "/#", ".:,")
"""After which characters a word is broken, the best ones first. An id has none of the first ones in it."""


@dataclass(frozen=True)
class Broken:
    """A text for a cell of a table. An id in a long word stays whole if it fits on a line."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Draw its lines."""
        del console
        width = options.max_width
        for line in self.text.split(allow_blank=True):
            for part in line.divide(tuple(breaks(line.plain, width))):
                part.rstrip_end(width)
                yield part

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return its least and its greatest width."""
        return self.text.__rich_measure__(console, options)


def breaks(text: str, width: int) -> Iterator[int]:
    """Yield where lines of at most this width begin, except for the first one.

    Examples
    --------
    >>> list(breaks("tag it with name=inc-1", 12))
    [7, 17]
    """
    used = 0
    for found in _WORD.finditer(text):
        start, word = found.start(), found[0]
        if used and used + cell_len(word.rstrip()) > width:
            yield start
            used = 0
        while cell_len(word.rstrip()) > width:
            cut = _cut(word, width)
            start, word = start + cut, word[cut:]
            yield start
        used += cell_len(word)


def _cut(word: str, width: int) -> int:
    """Return how much of a word that is too long is on the present line. It is one character at least."""
    most = 1
    while most < len(word) and cell_len(word[: most + 1]) <= width:
        most += 1
    ends = (max(word.rfind(one, 1, most) for one in some) for some in _ENDS)
    return next((end + 1 for end in ends if end > 0), most)
