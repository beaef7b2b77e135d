"""Which path of the API each command needs: a denial names the managed policy that allows it."""

from __future__ import annotations

from ringfence.handlers.operator_types import (
    ANSWERS,
    APPROVALS,
    DEAD_LETTERS,
    LIMITS,
    PAUSED,
    PAUSES,
    RECHECKS,
    RELEASES,
    REPLAYS,
    RESETS,
    RESUMES,
    RUNS,
    SEALS,
)
from ringfence.handlers.sent_routes import FINDINGS

ROUTES = {
    "findings send": FINDINGS.path,
    "scan": FINDINGS.path,
    "run": RUNS,
    "release": RELEASES,
    "approvals": APPROVALS,
    "approve": ANSWERS,
    "reject": ANSWERS,
    "pause": PAUSES,
    "resume": RESUMES,
    "pauses": PAUSED,
    "limits": LIMITS,
    "limits reset": RESETS,
    "incidents recheck": RECHECKS,
    "incidents report": SEALS,
    "incidents show": SEALS,
    "audit verify": SEALS,
    "dead-letters list": DEAD_LETTERS,
    "dead-letters replay": REPLAYS,
}
"""The path of the API that each command needs."""
