"""The worlds of `harden-network`."""

from __future__ import annotations

from ringfence.model.document import Document
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.flow_log_records import S3, Deleted, Recording
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.observations.ec2.security_group import DEFAULT, SecurityGroup, rules_in
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from tests.support.fakes.network_answers import BUCKET, RULES, VPC_ID
from tests.support.runbook_worlds import Case
from tests.support.strategies.network import FLOW_LOG, GROUP, VPC
from tests.support.worlds import REF

TO_S3 = Recording("ALL", S3, BUCKET)
OPEN = SecurityGroup(
    name=DEFAULT, owner=REF.account, rules=frozenset(rules_in(Document.of({"SecurityGroupRules": RULES})))
)
UNRECORDED = FlowLogs(VPC_ID, REF.account)
DELETED = FlowLogs(VPC_ID, REF.account, (), Deleted(VPC_ID, TO_S3))
CASES = {
    "group": Case(
        HARDEN_NETWORK,
        ResourceState(GROUP).with_observation(OPEN),
        ("Config:vpc-default-security-group-closed", "CloudTrail:ec2:AuthorizeSecurityGroupIngress"),
    ),
    "vpc": Case(
        HARDEN_NETWORK,
        ResourceState(VPC).with_observation(UNRECORDED),
        ("Config:vpc-flow-logs-enabled",),
        {"flow-log-destination": BUCKET},
    ),
    "flow-log": Case(
        HARDEN_NETWORK,
        ResourceState(FLOW_LOG).with_observation(DELETED),
        ("CloudTrail:ec2:DeleteFlowLogs",),
        {"flow-log-destination": BUCKET},
    ),
}
