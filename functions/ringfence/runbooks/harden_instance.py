"""Put right what breaks compliance on an EC2 instance."""

from __future__ import annotations

from ringfence.model.runbook import Runbook
from ringfence.model.subject import InstanceRef
from ringfence.runbooks import EVALUATE, stage

HARDEN_INSTANCE = Runbook(
    id="harden-instance",
    title="Put right what breaks compliance on an EC2 instance",
    subject=InstanceRef,
    stages=(
        stage(
            "fix",
            "Put right what was found",
            "require-imdsv2",
            "attach-management-profile",
            "report-unapproved-image",
        ),
        EVALUATE,
    ),
    closes_when_complete=True,
)
