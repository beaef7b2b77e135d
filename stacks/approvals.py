"""The schedules that lead back to an approval: their group, and the role with which they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from ringfence.model.resource_names import APPROVALS_SCHEDULE
from stacks import needs
from stacks.acknowledgements import acknowledge_wildcards
from stacks.names import prefixed
from stacks.permissions import document, resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.functions import Settled
    from stacks.pipeline import Pipeline

APPROVALS_GROUP = prefixed("approvals")
"""The group of the schedules."""


class Approvals(Construct):
    """The function for notices creates a schedule for each approval. The schedule deletes itself."""

    def __init__(self, scope: Construct, *, settled: Settled, pipelines: Sequence[Pipeline]) -> None:
        super().__init__(scope, "Approvals")
        stack = Stack.of(self)
        scheduler.CfnScheduleGroup(self, "Group", name=APPROVALS_GROUP)
        needed = resolved(
            needs.LEAD_BACK,
            {
                "continuations": tuple(one.second.main.queue_arn for one in pipelines),
                "queue_key": settled.key.key_arn,
                "home_region": stack.region,
            },
        )
        role = iam.Role(
            self,
            "Role",
            role_name=APPROVALS_SCHEDULE,
            description="Send a message to look at an approval",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            ),
            inline_policies={"declared": document(needed)},
        )
        acknowledge_wildcards(role, needed)
