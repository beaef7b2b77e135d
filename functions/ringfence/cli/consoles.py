"""Consoles that print text literally: wrapped on a terminal, and neither wrapped nor padded in a pipe."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from ringfence.cli.text import MOST_SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from rich.console import Console, RenderableType

PIPE_WIDTH = 2 * MOST_SHOWN
"""The width without a terminal: each text stays on one line."""
_PER_SECOND = 12.5
"""How often an animation is drawn."""
_PADDING = re.compile(r" +(?=\n)")


class Unpadded:
    """A stream without blanks at the ends of lines. Rich fills lines up with them, for a terminal."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return str(getattr(self._stream, "encoding", None) or "utf-8")

    def write(self, text: str) -> int:
        r"""Write whole lines, as a console does.

        Examples
        --------
        >>> _ = Unpadded(sys.stdout).write("a  \n  b \n")
        a
          b
        """
        return self._stream.write(_PADDING.sub("", text))

    def flush(self) -> None:
        """Write what is buffered."""
        self._stream.flush()


def console(*, stderr: bool = False, width: int = PIPE_WIDTH, plain: bool = False) -> Console:
    """Return a console for standard output or standard error.

    Parameters
    ----------
    stderr : bool
        For standard error.
    width : int
        The width without a terminal.
    plain : bool
        As without a terminal: no colors, and no animation.
    """
    from rich.console import Console  # only now: rows in a pipe need none

    still = False if plain else None
    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False, force_terminal=still)
    if not found.is_terminal:
        stream = cast("IO[str]", Unpadded(sys.stderr if stderr else sys.stdout))
        found = Console(
            file=stream,
            highlight=False,
            markup=False,
            emoji=False,
            width=width,
            force_terminal=False,
            no_color=plain or None,
        )
    return found


@contextmanager
def busy(on: Console, what: RenderableType) -> Iterator[Callable[[RenderableType], None]]:
    """Show an animation on a terminal. Yield the function that changes its words.

    The first picture is drawn here, before the thread that draws the next ones starts. If both threads drew
    a first one, neither would erase that of the other, and it would stay in front of the first line.
    """
    from rich.live import Live
    from rich.spinner import Spinner

    spinner = Spinner("dots", text=what, style="status.spinner")
    with Live(spinner, console=on, refresh_per_second=_PER_SECOND, transient=True):
        yield lambda words: spinner.update(text=words)
