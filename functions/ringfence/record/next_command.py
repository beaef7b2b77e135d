"""The command that a person types next. Pure: it is derived from the status of an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds import parse_key
from ringfence.record.shell import REASON, typed
from ringfence.record.status_meanings import MEANINGS, Next

if TYPE_CHECKING:
    from ringfence.record.status import IncidentStatus
    from ringfence.record.summary import Summary

_REPORTS = "report-"
"""The prefix of runbooks that only report: they change nothing, so there is nothing to run."""


@frozen
class NextCommand:
    """A command, ready to type, and what it is for."""

    purpose: str
    command: str


def next_command(now: Summary, *, authentic: bool = True) -> NextCommand:
    """Return the command that comes next for a response. `authentic`: no entry is known to be forged."""
    if not authentic:
        return NextCommand(Next.VERIFY.value, _command(Next.VERIFY, now.incident, now.runbook, now.subject))
    changed = any(one.kind == "Intended" for one in now.lines)
    return command_after(now.status, now.incident, now.runbook, now.subject, changed=changed)


def command_after(
    status: IncidentStatus, incident: str, runbook: str, subject: str, *, changed: bool = True
) -> NextCommand:
    """Return the command that comes next in a status. `changed`: there is something to undo.

    Examples
    --------
    >>> from ringfence.record.status import IncidentStatus
    >>> command_after(IncidentStatus.WAITING, "inc-1", "contain-instance", "").command
    'ringfence approve inc-1'
    """
    kind = MEANINGS[status].next
    if kind is Next.RELEASE and not changed:
        kind = Next.VERIFY
    if kind is Next.RUN and runbook.startswith(_REPORTS):
        kind = Next.SHOW
    return NextCommand(kind.value, _command(kind, incident, runbook, subject))


def run_command(runbook: str, subject: str, *flags: str, reason: str = "") -> str:
    """Return the command that runs a runbook on a subject, given its key. Empty for an unreadable key.

    Without a reason, the command has a place for one.
    """
    try:
        ref = parse_key(subject)
    except BadInput:
        return ""
    region = ("--region", ref.region) if ref.regional else ()
    words = ("ringfence", "run", runbook, ref.id, "--account", ref.account, *region, *flags)
    return f"{typed(*words)} {typed('--reason', reason) if reason else REASON}"


def _command(kind: Next, incident: str, runbook: str, subject: str) -> str:
    if kind is Next.RUN and (run := run_command(runbook, subject)):
        return run
    named = typed(incident)
    return {
        Next.WATCH: f"ringfence incidents watch {named}",
        Next.APPROVE: f"ringfence approve {named}",
        Next.RECHECK: f"ringfence incidents recheck {named}",
        Next.RELEASE: f"ringfence release {named} {REASON}",
        Next.RELEASE_AGAIN: f"ringfence release {named} {REASON}",
        Next.VERIFY: f"ringfence audit verify {named}",
    }.get(kind, f"ringfence incidents show {named} --full")
