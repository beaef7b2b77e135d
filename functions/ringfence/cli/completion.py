"""What a shell offers after the tabulator key: runbooks, remediations, states and incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.discovery import ids_in

if TYPE_CHECKING:
    import click

_MOST = 50
"""The incidents that are offered, newest first."""


def runbooks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the runbooks that begin like this. Their files have their names."""
    del ctx, param
    return [one for one in ids_in("ringfence.runbooks") if one.startswith(incomplete)]


def remediations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the remediations that begin like this: of the runbook, if one was typed."""
    del param
    typed = str(ctx.params.get("runbook") or "")
    return [one for one in _remediations(typed) if one.startswith(incomplete)]


def states(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the states of incidents that begin like this, without spaces."""
    del ctx, param
    from ringfence.record.status import IncidentStatus

    words = dict.fromkeys(one.words.replace(" ", "-") for one in IncidentStatus)
    return [one for one in words if one.startswith(incomplete)]


def incidents(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the newest incidents that begin like this. None if the audit log cannot be read."""
    del ctx, param
    import os  # only now: most commands complete nothing

    from ringfence.cli.incident_ids import ids
    from ringfence.cli.log import reader_of
    from ringfence.cli.settings import AUDIT_TABLE, HOME_OPTIONS, Home
    from ringfence.model.errors import RingfenceError

    home = {name: os.environ.get(f"RINGFENCE_HOME_{name.upper()}") for name in HOME_OPTIONS}
    try:
        found = ids(reader_of(Home({AUDIT_TABLE: os.environ.get(AUDIT_TABLE.variable)}, home)))
    except RingfenceError:
        return []
    return [one for one in found if one.startswith(incomplete)][:_MOST]


def _remediations(runbook: str) -> tuple[str, ...]:
    if runbook not in ids_in("ringfence.runbooks"):
        return ids_in("ringfence.remediations")
    from ringfence.runbooks import runbook as declared

    return tuple(one.id for one in declared(runbook).remediations)
