"""Names that stand in more than one stack or account. They are fixed: roles refer to each other by name."""

from __future__ import annotations

AUDIT_STACK, RESPONSE_STACK, MEMBER_STACK = "Ringfence-Audit", "Ringfence-Response", "Ringfence-Member"
FORWARD = "forward"


def forward_stack(region: str) -> str:
    """Return the name of the stack that brings home what is delivered in a region."""
    return f"Ringfence-Forward-{region}"


def prefixed(name: str) -> str:
    """Return a resource's name: of a runbook's queue and function, of its role in a member account."""
    return f"ringfence-{name}"


def role_arn(account: str, name: str) -> str:
    """Return the ARN of a role without a path."""
    return f"arn:aws:iam::{account}:role/{name}"


def stack_arns(account: str, region: str, name: str) -> str:
    """Return a pattern for the ARN of a stack, which ends in an id that is made with it."""
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/*"
