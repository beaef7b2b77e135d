"""Report the entries of the deployed policy that have expired: what they protected is changed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.places import RESPONSE_STACK

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.policy.policy import Policy
    from ringfence.policy.protection import Exempt
    from ringfence.self_check.places import Deployment


def expired(policy: Policy, deployment: Deployment, now: datetime) -> tuple[Problem, ...]:
    """Return a problem for each exemption and each protected entry that no longer holds."""
    return tuple(
        Problem(
            Standing.FAULT,
            deployment.home,
            deployment.home_region,
            RESPONSE_STACK,
            f"policy entry {one.subject}",
            "protected" if one.protected else "exempt",
            f"expired on {one.expires}{_owner(one)}: Ringfence changes it again",
            "renew its `expires` in the policy or remove the entry, and deploy",
        )
        for one in policy.exempt
        if not one.holds(now)
    )


def _owner(one: Exempt) -> str:
    return f", owner: {one.owner}" if one.owner else ""
