"""The commands that notices name. What an intruder can choose is quoted, so that a shell does not run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.incident import INCIDENT_ID
from ringfence.record.next_command import run_command
from ringfence.record.notices.notice import Command
from ringfence.record.shell import REASON, typed

if TYPE_CHECKING:
    from ringfence.record.summary import Summary


def show(incident: str) -> Command:
    """Return the command that shows everything that is recorded."""
    return Command("see the full record", f"ringfence incidents show {incident}")


def run(now: Summary, purpose: str, *flags: str) -> tuple[Command, ...]:
    """Return the command that runs the runbook on the subject. It shows the plan before it changes anything.

    None if the subject's key cannot be read.
    """
    line = run_command(now.runbook, now.subject, *flags)
    return (Command(purpose, line),) if line else ()


def release(now: Summary, purpose: str, *flags: str) -> tuple[Command, ...]:
    """Return the command that undoes the changes of the incident."""
    return (Command(purpose, f"{typed('ringfence', 'release', now.incident, *flags)} {REASON}"),)


def verification(incident: str) -> Command:
    """Return the command that verifies the record of an incident: of all of them if its id is no id."""
    known = INCIDENT_ID.fullmatch(incident)
    return Command("verify the record", f"ringfence audit verify {incident if known else '--all'}")
