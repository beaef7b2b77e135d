"""Show what a local deployment records about the findings that were sent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe, shortened
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.local.following import Follower, Seen
    from ringfence.record.chain import Entry


def show(follower: Follower, wait: float) -> bool:
    """Print new entries as they are recorded, then how each response ended. Return whether all ended."""
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.local.following import ENDED

    found: tuple[Seen, ...] = ()
    for found in follower.follow(wait):
        for one in found:
            for line in _new(one):
                click.echo(line)
    if not found:
        click.echo(f"Nothing was recorded within {wait:g} seconds. To see why: ringfence explain")
        return False
    for one in found:
        summary = one.summary
        decided = f"mode {safe(summary.mode)}: {safe(summary.reason)}"
        click.echo(f"{safe(summary.runbook)}: {summary.state}, {decided}")
        for line in _notices(one.entries):
            click.echo(line)
        click.echo(f"  ringfence incidents show {summary.incident}")
    return all(one.summary.status in ENDED for one in found)


def _notices(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the newest notice of a response, which Ringfence has published to its topic."""
    from ringfence.record.notices import notice

    each = (notice(entries[: count + 1]) for count in reversed(range(len(entries))))
    if newest := next(filter(None, each), None):
        yield f"  notice, as an email would show it: {safe(newest.subject)}"
        yield from (f"    {safe(line)}" for line in newest.text.splitlines())


def _new(one: Seen) -> Iterator[str]:
    """Yield a line for each new entry. All are rendered, because a result names its intent."""
    rows = timeline(one.entries)
    for row in rows[len(one.entries) - len(one.new) :]:
        words = safe(shortened(row.rendered.words))
        yield f"{row.at:%H:%M:%S}  {safe(one.response.key.runbook)}  {words}"
