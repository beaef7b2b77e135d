"""The worlds of `harden-network`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Deleted, Recording
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.observations.ec2.security_group import DEFAULT, SecurityGroup, rules_in
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from ringfence.steps.ec2.flow_logs import CreateFlowLog
from ringfence.steps.ec2.security_group import revoke
from tests.support.fakes.network_answers import (
    BUCKET,
    GROUP_ID,
    INCIDENT,
    LOG_GROUP,
    ROLE,
    RULES,
    VPC_ID,
    rule,
)
from tests.support.runbook_worlds import Case, Worlds, by_observations, independent, own
from tests.support.strategies.network import FLOW_LOG, GROUP, VPC, incidents, subjects
from tests.support.worlds import REF

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Reads

FIX = own(HARDEN_NETWORK)
TO_S3 = Recording("ALL", S3, BUCKET)
OPEN = SecurityGroup(
    name=DEFAULT, owner=REF.account, rules=frozenset(rules_in(Document.of({"SecurityGroupRules": RULES})))
)
UNRECORDED = FlowLogs(VPC_ID, REF.account)
DELETED = FlowLogs(VPC_ID, REF.account, (), Deleted(VPC_ID, TO_S3))
RECORDINGS = (
    Recording("ALL", S3, BUCKET, interval=60, format="${version}", file_format="parquet", hive=True),
    TO_S3,
    Recording("REJECT", LOGS, LOG_GROUP, ROLE),
)


TAGGED = rule(6, egress=True, Tags=[{"Key": "team", "Value": "web"}])


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step, and its way back: every kind of rule, every kind of destination."""
    rules = rules_in(Document.of({"SecurityGroupRules": (*RULES, TAGGED)}))
    revoked = tuple(revoke(GROUP_ID, rule) for rule in rules)
    made = tuple(CreateFlowLog(VPC_ID, one, INCIDENT, before=False, after=True) for one in RECORDINGS)
    return tuple(one for step in (*revoked, *made) for one in (step, step.inverse()))


def reads(observation: type[Observation]) -> Reads:
    """Groups, or what has flow logs."""
    return ((ref, ()) for ref in ((GROUP,) if observation is SecurityGroup else (VPC, FLOW_LOG)))


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
WORLDS = Worlds(FIX, CASES, independent(by_observations(subjects), incidents), steps, reads)
