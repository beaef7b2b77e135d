"""Fix compliance violations of an EC2 instance."""

from __future__ import annotations

from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.runbook import Runbook
from ringfence.observations.ec2.placement import Placement
from ringfence.runbooks import EVALUATE, stage

HARDEN_INSTANCE = Runbook(
    id="harden-instance",
    title="Fix compliance violations of an EC2 instance",
    subject=InstanceRef,
    traits=(Placement,),
    position=60,
    stages=(
        stage(
            "fix",
            "Fix the violation",
            "require-imdsv2",
            "attach-management-profile",
            "report-unapproved-image",
        ),
        EVALUATE,
    ),
    closes_when_complete=True,
)
