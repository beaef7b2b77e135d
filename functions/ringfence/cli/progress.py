"""The progress of a command, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress(total: int | None, label: str = "Reading") -> Iterator[Callable[[int], None]]:
    """Return a function that gets the size of each part, in bytes or in parts. It shows a bar to a person.

    `total` is the size of all parts, or None if it is not known. `label` is the word before the bar.
    """
    if total is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        yield bar.update
