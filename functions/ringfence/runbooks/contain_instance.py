"""Contain a compromised EC2 instance: isolate it, protect it, and collect evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.health.abuse import REPORTED_ABUSE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.runbook import Runbook
from ringfence.observations.ec2.placement import GroupSize, Placement, RoleSize
from ringfence.policy.limits import GROUP, ROLE
from ringfence.runbooks import stage

if TYPE_CHECKING:
    from ringfence.model.reviews import Review


def _target_groups() -> Review:
    """Import what lists target groups. Containment does not wait for it."""
    from ringfence.observations.ec2.members import TARGET_GROUPS

    return TARGET_GROUPS


CONTAIN_INSTANCE = Runbook(
    id="contain-instance",
    title="Contain a compromised EC2 instance",
    subject=InstanceRef,
    traits=(Placement,),
    sizes=((GROUP, GroupSize), (ROLE, RoleSize)),
    members=_target_groups,
    position=10,
    notified_by=(REPORTED_ABUSE,),
    stages=(
        stage(
            "isolate",
            "Isolate the instance from the network",
            "isolate-instance",
            "cut-tracked-flows",
            "block-remote-address",
        ),
        stage(
            "preserve",
            "Protect the instance and remove its role",
            "leave-auto-scaling",
            "protect-termination",
            "keep-volumes",
            "leave-target-groups",
            "detach-instance-profile",
            "deny-instance-sessions",
            "disable-metadata",
            "revoke-role-sessions",
        ),
        stage(
            "collect",
            "Collect the evidence",
            "snapshot-volumes",
            "lock-snapshots",
            "tag-instance",
            "stop-instance",
        ),
    ),
)
