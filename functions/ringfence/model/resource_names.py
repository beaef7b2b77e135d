"""Ringfence's own names: by them it knows its own calls again, and does not answer them."""

from __future__ import annotations

from functools import cache

from ringfence.model.discovery import ids_in

PREFIX = "ringfence-"


@cache
def runbook_ids() -> tuple[str, ...]:
    """Return the ids of the runbooks, in order: each module of `ringfence.runbooks` bears one."""
    return ids_in("ringfence.runbooks")


def run_role(runbook: str) -> str:
    """Return the role that responds in the subject's account. Manual runs assume it too."""
    return f"{PREFIX}{runbook}"


def release_role(runbook: str) -> str:
    """Return the role that undoes what a runbook did, in the subject's account."""
    return f"{PREFIX}release-{runbook}"


def function_role(name: str) -> str:
    """Return the role of a function of the home account; `name` is a runbook's id or a function's name."""
    return f"{PREFIX}{name}-function"


OPERATE, ARCHIVE, NOTIFY = "operate", "archive", "notify"
"""The functions that serve no single runbook."""
FORWARD_ROLE = f"{PREFIX}forward"


def schedule_role(runbook: str) -> str:
    """Return the role in which a runbook's review is invoked on its schedule."""
    return f"{PREFIX}{runbook}-review-schedule"


@cache
def acting_roles() -> tuple[str, ...]:
    """Return the roles through which it acts in protected accounts.

    These are exact names: any other role that merely begins like them may be an intruder's.
    """
    return tuple(role(runbook) for role in (run_role, release_role) for runbook in runbook_ids())


@cache
def own_roles() -> tuple[str, ...]:
    """Return every role that is its own: those that act, the functions', and those of AWS's services."""
    functions = (function_role(name) for name in (*runbook_ids(), OPERATE, ARCHIVE, NOTIFY))
    schedules = (schedule_role(runbook) for runbook in runbook_ids())
    return (*acting_roles(), *functions, FORWARD_ROLE, *schedules)
