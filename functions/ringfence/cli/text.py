"""Text for a terminal. Findings are untrusted: a title can contain escape sequences."""

from __future__ import annotations

import os
import sys
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


def discard() -> None:
    """Discard further standard output, so that Python does not try to write it again at exit.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
