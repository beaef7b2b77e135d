"""Errors as JSON, for programs that run a command with `--json`."""

from __future__ import annotations

import json

from click import Abort, ClickException, UsageError

from ringfence.cli.flaws import SeveralFlaws
from ringfence.handlers.operator_types import Forbidden
from ringfence.model.errors import AccessDenied, BadInput, Refused, RingfenceError

KINDS: tuple[tuple[type[RingfenceError], str], ...] = (
    (BadInput, "bad-input"),
    (AccessDenied, "denied"),
    (Forbidden, "denied"),
    (Refused, "refused"),
    (RingfenceError, "retry"),
)
"""The kinds of errors. Subclasses come first."""
USAGE, FAILED, STOPPED = "usage", "failed", "stopped"
"""The kinds of errors of the command line itself."""


def as_json(error: ClickException | Abort) -> str:
    """Return an error as one JSON object: kind, message, exit code, and the field of a bad input."""
    message = error.format_message() if isinstance(error, ClickException) else "stopped"
    told: dict[str, object] = {
        "kind": _kind(error),
        "message": message,
        "exit_code": getattr(error, "exit_code", 1),
    }
    cause = getattr(error, "error", None)
    if isinstance(cause, BadInput):
        told |= {"field": cause.field, "problem": cause.problem}
    if isinstance(cause, SeveralFlaws):
        told["all"] = [{"field": one.field, "problem": one.problem} for one in cause.flaws]
    return json.dumps({"error": told})


def _kind(error: Exception) -> str:
    cause = getattr(error, "error", None)
    if isinstance(cause, RingfenceError):
        return next(name for kind, name in KINDS if isinstance(cause, kind))
    if isinstance(error, UsageError):
        return USAGE
    interrupted = isinstance(error, Abort) or getattr(error, "exit_code", 0) == INTERRUPTED
    return STOPPED if interrupted else FAILED


INTERRUPTED = 130
"""The exit code after Ctrl-C."""
