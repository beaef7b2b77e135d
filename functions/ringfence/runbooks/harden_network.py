"""Close ports that are open to the internet, record the traffic of VPCs, and prepare their isolation."""

from __future__ import annotations

from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.reviews import Review
from ringfence.model.runbook import Runbook
from ringfence.model.subject import NetworkRef
from ringfence.observations.ec2.vpc_groups import REVIEW, REVIEW_PERMISSIONS, vpcs_with_instances
from ringfence.runbooks import EVALUATE, only, stage

HARDEN_NETWORK = Runbook(
    id="harden-network",
    title="Harden security groups and flow logs",
    subject=NetworkRef,
    position=40,
    stages=(
        stage(
            "fix",
            "Close open ports and restore flow logs",
            only("revoke-open-ingress", SecurityGroupRef),
            only("close-default-group", SecurityGroupRef),
            only("enable-flow-logs", VpcRef),
            only("restore-flow-log", FlowLogRef),
            only("prepare-quarantine-group", VpcRef),
        ),
        EVALUATE,
    ),
    closes_when_complete=True,
    provides_for="contain-instance",
    review=Review(REVIEW, "cron(45 2 * * ? *)", vpcs_with_instances, REVIEW_PERMISSIONS),
)
