"""Names that several stacks or accounts use. They are fixed, because roles refer to each other by name."""

from __future__ import annotations

AUDIT_STACK, RESPONSE_STACK, MEMBER_STACK = "Ringfence-Audit", "Ringfence-Response", "Ringfence-Member"
FORWARD = "forward"


def forward_stack(region: str) -> str:
    """Return the name of the stack that forwards the events of a region."""
    return f"Ringfence-Forward-{region}"


def prefixed(name: str) -> str:
    """Return a resource's name: of a runbook's queue or function, or of its role in a member account."""
    return f"ringfence-{name}"


def role_arn(account: str, name: str) -> str:
    """Return the ARN of a role without a path."""
    return f"arn:aws:iam::{account}:role/{name}"


def stack_arns(account: str, region: str, name: str) -> str:
    """Return a pattern for the ARN of a stack. CloudFormation adds an id at its end."""
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/*"
