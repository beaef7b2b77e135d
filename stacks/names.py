"""Names that several stacks or accounts use. They are fixed, because roles refer to each other by name."""

from __future__ import annotations

from ringfence.model.resource_names import role_arn as role_arn  # noqa: PLC0414 - the stacks' names are here
from ringfence.self_check.places import ACTIVITY_STACK as ACTIVITY_STACK  # noqa: PLC0414 - the same
from ringfence.self_check.places import AUDIT_STACK as AUDIT_STACK  # noqa: PLC0414 - names of the stacks too
from ringfence.self_check.places import DASHBOARD_STACK as DASHBOARD_STACK  # noqa: PLC0414
from ringfence.self_check.places import DETECTION_STACK as DETECTION_STACK  # noqa: PLC0414
from ringfence.self_check.places import INTAKE_STACK as INTAKE_STACK  # noqa: PLC0414
from ringfence.self_check.places import MEMBER_STACK as MEMBER_STACK  # noqa: PLC0414
from ringfence.self_check.places import NETWORK_STACK as NETWORK_STACK  # noqa: PLC0414
from ringfence.self_check.places import NOTICES_STACK as NOTICES_STACK  # noqa: PLC0414
from ringfence.self_check.places import OUTPUTS_STACK as OUTPUTS_STACK  # noqa: PLC0414
from ringfence.self_check.places import RESPONSE_STACK as RESPONSE_STACK  # noqa: PLC0414
from ringfence.self_check.places import SCANS_STACK as SCANS_STACK  # noqa: PLC0414
from ringfence.self_check.places import forward_stack as forward_stack  # noqa: PLC0414

FORWARD = "forward"


def prefixed(name: str) -> str:
    """Return a resource's name: of a runbook's queue or function, or of its role in a member account."""
    return f"ringfence-{name}"


def stack_arns(account: str, region: str, name: str) -> str:
    """Return a pattern for the ARN of a stack. CloudFormation adds an id at its end."""
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/*"
