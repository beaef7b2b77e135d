"""Ringfence's own names: by them it knows its own calls again, and does not answer them."""

from __future__ import annotations

RUNBOOKS = (
    "contain-instance",
    "contain-credentials",
    "harden-bucket",
    "harden-network",
    "restore-logging",
    "harden-instance",
    "harden-identity",
)
"""The runbooks' ids, in the order in which they are shown: the catalogue."""
PREFIX = "ringfence-"


def run_role(runbook: str) -> str:
    """Return the role that responds in the subject's account; a run by hand assumes it as well."""
    return f"{PREFIX}{runbook}"


def release_role(runbook: str) -> str:
    """Return the role that undoes what a runbook did, in the subject's account."""
    return f"{PREFIX}release-{runbook}"


def function_role(name: str) -> str:
    """Return the role of a function of the home account; `name` is a runbook's id or a function's name."""
    return f"{PREFIX}{name}-function"


OPERATE, ARCHIVE, NOTIFY = "operate", "archive", "notify"
"""The functions that serve no single runbook."""
FUNCTION_ROLES = tuple(function_role(name) for name in (*RUNBOOKS, OPERATE, ARCHIVE, NOTIFY))
FORWARD_ROLE = f"{PREFIX}forward"


def schedule_role(runbook: str) -> str:
    """Return the role in which a runbook's review is invoked on its schedule."""
    return f"{PREFIX}{runbook}-review-schedule"


SERVICE_ROLES = (FORWARD_ROLE, *(schedule_role(runbook) for runbook in RUNBOOKS))
"""The roles in which AWS's services act for it."""
ROLES = tuple(role(runbook) for role in (run_role, release_role) for runbook in RUNBOOKS)
"""The roles through which it acts in protected accounts. Exact names: any other that merely begins like
them may be an intruder's.
"""
