"""Ringfence's own names. By them it recognizes its own calls and ignores them."""

from __future__ import annotations

from functools import cache

from ringfence.model.discovery import ids_in

PREFIX = "ringfence-"


@cache
def runbook_ids() -> tuple[str, ...]:
    """Return the ids of the runbooks in order, one for each module of `ringfence.runbooks`."""
    return ids_in("ringfence.runbooks")


def run_role(runbook: str) -> str:
    """Return the role that responds in the subject's account. Manual runs assume it too."""
    return f"{PREFIX}{runbook}"


def release_role(runbook: str) -> str:
    """Return the release role of a runbook, in the subject's account."""
    return f"{PREFIX}release-{runbook}"


def function_role(name: str) -> str:
    """Return the role of a function in the home account. `name` is a runbook's id or a function's name."""
    return f"{PREFIX}{name}-function"


OPERATE, ARCHIVE, NOTIFY = "operate", "archive", "notify"
"""The functions that do not belong to one runbook."""
FORWARD_ROLE = f"{PREFIX}forward"


REVIEW, RECHECK = "review", "recheck"
"""What a runbook's functions do on a schedule."""


def schedule_role(runbook: str, what: str = REVIEW) -> str:
    """Return the role that invokes a runbook's function on its schedule: a review or a recheck."""
    return f"{PREFIX}{runbook}-{what}-schedule"


@cache
def acting_roles() -> tuple[str, ...]:
    """Return the roles that act in protected accounts.

    These are exact names, because an intruder can choose a name with the same prefix.
    """
    return tuple(role(runbook) for role in (run_role, release_role) for runbook in runbook_ids())


@cache
def own_roles() -> tuple[str, ...]:
    """Return every role of Ringfence: those that act, those of its functions, and those for AWS services."""
    functions = (function_role(name) for name in (*runbook_ids(), OPERATE, ARCHIVE, NOTIFY))
    schedules = (schedule_role(runbook, what) for runbook in runbook_ids() for what in (REVIEW, RECHECK))
    return (*acting_roles(), *functions, FORWARD_ROLE, *schedules)
