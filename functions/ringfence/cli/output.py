"""Output that the commands about incidents share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli.log import containments_of
from ringfence.cli.text import safe
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.cli.incident_views import Verified
    from ringfence.cli.settings import Home


def print_rows(lines: Iterable[str]) -> None:
    """Print lines to standard output."""
    for one in lines:
        click.echo(one)


def note(*lines: str) -> None:
    """Print to standard error what is not part of the output for programs."""
    for one in filter(None, lines):
        click.echo(safe(one), err=True)


def verified_of(home: Home) -> Verified:
    """Return when each open contained incident was last verified. Empty if the list cannot be read."""
    try:
        return {(one.key.text, one.incident): one.verified_at for one in containments_of(home).open()}
    except RingfenceError:
        return {}
