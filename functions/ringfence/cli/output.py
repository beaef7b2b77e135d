"""Output that the commands about incidents share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli.log import containments_of
from ringfence.cli.text import error_columns, safe, wrapped
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.cli.incident_views import Verified
    from ringfence.cli.settings import Home


def print_rows(lines: Iterable[str]) -> None:
    """Print lines to standard output."""
    for one in lines:
        click.echo(one)


def note(*lines: str, command: str = "") -> None:
    """Print to standard error what is not part of the output for programs.

    On a terminal, the lines are wrapped. A command is not, so that it can be copied.
    """
    width = error_columns()
    for one in filter(None, lines):
        for line in wrapped(one, hang="", width=width):
            click.echo(line, err=True)
    if command:
        click.echo(safe(command), err=True)


def verified_of(home: Home) -> Verified:
    """Return when each open contained incident was last verified. Empty if the list cannot be read."""
    try:
        return {(one.key.text, one.incident): one.verified_at for one in containments_of(home).open()}
    except RingfenceError:
        return {}
