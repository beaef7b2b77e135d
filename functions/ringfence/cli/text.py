"""Text for a terminal. Findings are hostile: a title may hold escape sequences."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

MOST_SHOWN = 1000
"""Characters of one text; a hostile finding can be all title."""


def safe(text: str, *, lines: bool = False) -> str:
    """Return `text` with everything written out that a terminal would act on or cannot show.

    With `lines`, line feeds stay.
    """
    kept = "\n" if lines else ""
    shown = "".join(char if char.isprintable() or char in kept else ascii(char)[1:-1] for char in text)
    # What stands in for standard output while something moves on the terminal has no encoding of its own.
    encoding = sys.stdout.encoding or getattr(sys.__stdout__, "encoding", None) or "ascii"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def shortened(text: str) -> str:
    """Return `text` with its end cut off, and that said, where it is too long for a person."""
    return f"{text[:MOST_SHOWN]}…" if len(text) > MOST_SHOWN else text


def discard() -> None:
    """Write no more to standard output: what cannot be written is not tried again at the very end.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
