"""Harden the network: close what the world reaches, and record what crosses it."""

from __future__ import annotations

from ringfence.model.runbook import Runbook
from ringfence.model.subject import FlowLogRef, NetworkRef, SecurityGroupRef, VpcRef
from ringfence.runbooks import EVALUATE, only, stage

HARDEN_NETWORK = Runbook(
    id="harden-network",
    title="Harden security groups and flow logs",
    subject=NetworkRef,
    stages=(
        stage(
            "fix",
            "Close what is open, and record the traffic",
            only("revoke-open-ingress", SecurityGroupRef),
            only("close-default-group", SecurityGroupRef),
            only("enable-flow-logs", VpcRef),
            only("restore-flow-log", FlowLogRef),
        ),
        EVALUATE,
    ),
    closes_when_complete=True,
)
