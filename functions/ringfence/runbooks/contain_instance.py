"""Contain a compromised EC2 instance: cut it off, keep it, take the evidence."""

from __future__ import annotations

from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.runbook import Runbook
from ringfence.runbooks import stage

CONTAIN_INSTANCE = Runbook(
    id="contain-instance",
    title="Contain a compromised EC2 instance",
    subject=InstanceRef,
    position=10,
    stages=(
        stage(
            "isolate",
            "Cut it off the network",
            "isolate-instance",
            "cut-tracked-flows",
            "block-remote-address",
        ),
        stage(
            "preserve",
            "Keep it from being lost, and take its identity away",
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
            "Take the evidence",
            "snapshot-volumes",
            "tag-instance",
            "stop-instance",
        ),
    ),
)
