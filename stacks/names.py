"""Names that several stacks or accounts use. They are fixed, because roles refer to each other by name."""

from __future__ import annotations

from ringfence.model.resource_names import role_arn as role_arn  # noqa: PLC0414 - the stacks' names are here

AUDIT_STACK, RESPONSE_STACK, MEMBER_STACK = "Ringfence-Audit", "Ringfence-Response", "Ringfence-Member"
FORWARD = "forward"


def forward_stack(region: str) -> str:
    """Return the name of the stack that forwards the events of a region."""
    return f"Ringfence-Forward-{region}"


def prefixed(name: str) -> str:
    """Return a resource's name: of a runbook's queue or function, or of its role in a member account."""
    return f"ringfence-{name}"


def stack_arns(account: str, region: str, name: str) -> str:
    """Return a pattern for the ARN of a stack. CloudFormation adds an id at its end."""
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/*"
