"""Long output on a terminal goes through a pager, as in git: `PAGER`, or `less -FRX`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, ParamSpec

import click
from click import unstyle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console, RenderableType

P = ParamSpec("P")
_LESS = "FRX"
"""Quit if it fits on one screen, pass colors, and leave the text on the screen."""


def page_options(command: Callable[P, None]) -> Callable[P, None]:
    """Add the options `--full` and `--no-pager`."""
    full = click.option("--full", is_flag=True, help="Show everything that is recorded.")
    pager = click.option(
        "--no-pager", is_flag=True, help="On a terminal: do not use PAGER. Never used in a pipe."
    )
    return full(pager(command))


def rendered(parts: Iterable[RenderableType], on: Console, *, soft: bool = False) -> str:
    """Return parts as text for a terminal, one below the other.

    With `soft`, only the terminal wraps long lines, so that a copied command has no line feeds.
    """
    with on.capture() as captured:
        for one in parts:
            on.print(one, soft_wrap=soft)
    return captured.get()


KEPT = 2
"""The lines of a screen that a text leaves free: otherwise `less -F` waits for a key."""


def lines_of(text: str, width: int) -> int:
    """Return how many lines of a terminal a text fills: a long command takes several."""
    from rich.cells import cell_len  # only now: a pipe needs none

    return sum(max(1, -(-cell_len(unstyle(one)) // width)) for one in text.splitlines())


def page(text: str, *, pager: bool) -> None:
    """Print text for a terminal, through the pager if there is a person who can use it."""
    if pager and sys.stdin.isatty() and sys.stdout.isatty():
        os.environ.setdefault("LESS", _LESS)
        click.echo_via_pager(text.removesuffix("\n"), color=True)  # it adds a line feed
    else:
        sys.stdout.write(text)
