"""The policy of whoever checks the record: to find it, read it and verify it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam

from stacks import needs
from stacks.acknowledgements import acknowledge_wildcards
from stacks.names import prefixed, stack_arns
from stacks.permissions import document, resolved

if TYPE_CHECKING:
    from collections.abc import Mapping


def auditors(stack: Stack, places: Mapping[str, str]) -> None:
    """Make it, attached to nobody; `places` are those of the audit home."""
    own = {
        "home_region": stack.region,
        "stack": stack_arns(stack.account, stack.region, stack.stack_name),
    }
    needed = resolved(needs.AUDIT, {**places, **own})
    policy = iam.ManagedPolicy(
        stack,
        "Auditors",
        managed_policy_name=prefixed("auditor"),
        description="Read and verify what Ringfence recorded",
        document=document(needed),
    )
    acknowledge_wildcards(policy, needed)
    CfnOutput(stack, "AuditorPolicy", value=policy.managed_policy_arn)
