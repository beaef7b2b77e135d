"""Names that stand in more than one stack or account. They are fixed: roles refer to each other by name."""

from __future__ import annotations

AUDIT_STACK, RESPONSE_STACK, MEMBER_STACK = "Ringfence-Audit", "Ringfence-Response", "Ringfence-Member"
FORWARD_STACK = "Ringfence-Forward"
FORWARD = "forward"


def prefixed(name: str) -> str:
    """Return a resource's name: of a runbook's queue and function, of its role in a member account."""
    return f"ringfence-{name}"


def role_arn(account: str, name: str) -> str:
    """Return the ARN of a role without a path."""
    return f"arn:aws:iam::{account}:role/{name}"
