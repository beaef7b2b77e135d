"""Show what a local deployment records about the findings that were sent to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import is_terminal, shortened, wrapped
from ringfence.cli.text import row as columns
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.aws.incidents import Response
    from ringfence.local.following import Follower, Seen
    from ringfence.record.chain import Entry
    from ringfence.record.notices import Notice
    from ringfence.record.refused_findings import RefusedFinding
    from ringfence.record.timeline import Row


def show(follower: Follower, wait: float, *, where: str = "", as_json: bool = False) -> bool:
    """Print new entries as they are recorded, then how each response ended. Return whether all ended.

    `where`: what to say about the deployment if it records nothing.
    """
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.local.following import ENDED

    found: tuple[Seen, ...] = ()
    grown: set[Response] = set()
    for found in follower.follow(wait):
        grown |= {one.response for one in found if one.new}
        for one in found:
            for row in _new(one):
                click.echo(json.dumps(_entry(one, row)) if as_json else _line(one, row))
    if not found and (refused := follower.refused()):
        _show_refused(refused, as_json=as_json)
        return True
    if not found:
        nothing = f"Nothing was recorded within {wait:g} seconds. {where}".rstrip()
        why = "To see what it would do about a file: ringfence explain FILE"
        click.echo("\n".join((*wrapped(nothing), why)), err=as_json)
        return False
    for one in found:
        known = one.response not in grown
        if as_json:
            click.echo(json.dumps(_ended(one, known=known)))
            continue
        for line in _known(one) if known else _ending(one):
            click.echo(line)
    return all(one.summary.status in ENDED for one in found)


def _show_refused(found: Sequence[RefusedFinding], *, as_json: bool) -> None:
    """Print which findings the policy refused, and why."""
    for one in found:
        if as_json:
            told = {"finding": one.finding, "field": one.field, "value": one.value, "reason": one.reason}
            click.echo(json.dumps({"refused": told}))
            continue
        for part in wrapped(f"refused: finding {one.finding}: {one.field}: {one.value} {one.reason}"):
            click.echo(part)
    if not as_json:
        click.echo("  ringfence findings refused")


def _ending(one: Seen) -> Iterator[str]:
    """Yield how a response ended, and the command that shows it, last."""
    summary = one.summary
    yield from wrapped(f"{summary.runbook}: {summary.state}, mode {summary.mode}: {summary.reason}")
    if newest := _notice(one.entries):
        yield from wrapped(f"notice, as an email would show it: {newest.subject}", "  ")
        yield from (part for line in newest.text.splitlines() for part in wrapped(line, "    "))
    yield f"  ringfence incidents show {summary.incident}"


def _known(one: Seen) -> Iterator[str]:
    """Yield that a finding caused nothing new, and the command that shows the response that it is part of."""
    summary = one.summary
    yield from wrapped(
        f"{summary.runbook}: nothing new was recorded, because the finding is part of this response already. "
        f"Still {summary.state}"
    )
    yield f"  ringfence incidents show {summary.incident}"


def _ended(one: Seen, *, known: bool) -> dict[str, object]:
    """Return how a response ended. If the finding was known, no notice was published."""
    summary, newest = one.summary, None if known else _notice(one.entries)
    shown = {"subject": newest.subject, "text": newest.text} if newest else None
    return {
        "response": {
            "incident": summary.incident,
            "runbook": summary.runbook,
            "subject": summary.subject,
            "status": summary.status.value,
            "state": summary.state,
            "mode": summary.mode,
            "reason": summary.reason,
            "notice": shown,
            "known": known,
        }
    }


def _notice(entries: Sequence[Entry]) -> Notice | None:
    """Return the newest notice of a response, which Ringfence has published to its topic."""
    from ringfence.record.notices import notice

    each = (notice(entries[: count + 1]) for count in reversed(range(len(entries))))
    return next(filter(None, each), None)


def _new(one: Seen) -> Sequence[Row]:
    """Return each new entry. All are rendered, because a result names its intent."""
    rows = timeline(one.entries)
    return rows[len(one.entries) - len(one.new) :]


def _line(one: Seen, row: Row) -> str:
    cells = (f"{row.at:%H:%M:%S}", one.response.key.runbook, shortened(row.rendered.words))
    return "\n".join(wrapped("  ".join(cells), hang=" " * 10)) if is_terminal() else columns(*cells)


def _entry(one: Seen, row: Row) -> dict[str, object]:
    return {
        "entry": {"incident": one.response.incident, "runbook": one.response.key.runbook, **row.as_json()}
    }
