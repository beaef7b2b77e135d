"""Text for a terminal. Findings are untrusted: a title can contain escape sequences."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from contextlib import suppress

MOST_SHOWN = 1000
"""Maximum characters of one text."""


def safe(text: str, *, lines: bool = False) -> str:
    """Return `text` with control characters and unsupported characters escaped.

    With `lines`, line feeds are kept.
    """
    kept = "\n" if lines else ""
    shown = "".join(char if char.isprintable() or char in kept else ascii(char)[1:-1] for char in text)
    # The replacement of standard output during an animation has no encoding.
    encoding = sys.stdout.encoding or getattr(sys.__stdout__, "encoding", None) or "ascii"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def shortened(text: str) -> str:
    """Return `text`, cut off with an ellipsis if it is too long."""
    return f"{text[:MOST_SHOWN]}…" if len(text) > MOST_SHOWN else text


def is_terminal() -> bool:
    """Return whether standard output is for a person. FORCE_COLOR says so too, as for other tools."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def row(*cells: object) -> str:
    r"""Return a line for other programs: cells between tabs, never wrapped, padded or cut off.

    Examples
    --------
    >>> row("a\tb", 3, None)
    'a\\tb\t3\t'
    """
    return "\t".join("" if one is None else safe(str(one)) for one in cells)


def columns() -> int:
    """Return the width of the terminal. 0 in a pipe, where nothing is wrapped."""
    return shutil.get_terminal_size().columns if is_terminal() else 0


def error_columns() -> int:
    """Return the width of the terminal to which standard error goes. 0 if it goes to a pipe or a file."""
    shown = sys.stderr.isatty() or bool(os.environ.get("FORCE_COLOR"))
    return shutil.get_terminal_size().columns if shown else 0


def wrapped(text: str, indent: str = "", hang: str = "  ", width: int | None = None) -> list[str]:
    """Return a text in lines that fit on the terminal. A name is never broken. In a pipe, it is one line.

    `hang` is what further lines begin with after the indent. `width` is that of the terminal, unless given.
    """
    shown, width = safe(text), columns() if width is None else width
    if not width:
        return [f"{indent}{shown}"]
    return textwrap.wrap(
        shown,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}{hang}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def discard() -> None:
    """Discard further standard output, so that Python does not try to write it again at exit.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
