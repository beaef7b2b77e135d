"""The progress of reading files, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[int], None]]:
    """Return a function that gets the number of bytes after each part. It shows a bar if a person can see it.

    `total` is the number of all bytes, or None if it is not known.
    """
    if total is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="Reading", file=sys.stderr) as bar:
        yield bar.update
