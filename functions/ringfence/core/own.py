"""Ringfence's own names: by them it knows its own calls again, and does not answer them."""

from __future__ import annotations

RUNBOOKS = (
    "contain-instance",
    "contain-credentials",
)
"""The runbooks' ids, in the order in which they are shown: the catalogue."""
PREFIX = "ringfence-"
RELEASE_ROLE = f"{PREFIX}release"
ROLES = (*(f"{PREFIX}{runbook}" for runbook in RUNBOOKS), RELEASE_ROLE)
"""The roles through which it acts in protected accounts. Exact names: any other that merely begins like
them may be an intruder's.
"""
