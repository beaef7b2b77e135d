"""The worlds of `harden-network`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.observation import ResourceState
from ringfence.model.reviews import PREFIX
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Deleted, Recording
from ringfence.observations.ec2.flow_logs import FlowLog, FlowLogs
from ringfence.observations.ec2.network import NAMES, QUARANTINE
from ringfence.observations.ec2.security_group import DEFAULT, SecurityGroup, rules_in
from ringfence.observations.ec2.vpc_groups import REVIEW, VpcGroups
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from ringfence.steps.ec2.flow_logs import CreateFlowLog
from ringfence.steps.ec2.prepared_groups import EmptyPreparedGroup, PrepareOwnGroup
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
from tests.support.strategies.instances import VPCS
from tests.support.strategies.network import FLOW_LOG, GROUP, VPC, incidents, subjects
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol
    from tests.support.runbook_worlds import Reads

FIX = own(HARDEN_NETWORK)
TO_S3 = Recording("ALL", S3, BUCKET)
OPEN = SecurityGroup(
    name=DEFAULT, owner=REF.account, rules=frozenset(rules_in(Document.of({"SecurityGroupRules": RULES})))
)
UNRECORDED = FlowLogs(VPC_ID, REF.account)
RECORDED = FlowLogs(VPC_ID, REF.account, (FlowLog(VPC_ID, TO_S3),))
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
    ahead = (
        PrepareOwnGroup(VPCS[0], QUARANTINE, NAMES[QUARANTINE], REF.account),
        EmptyPreparedGroup(VPCS[0], 1),
    )
    return (*(one for step in (*revoked, *made) for one in (step, step.inverse())), *ahead)


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
        ResourceState(VPC).with_observation(UNRECORDED).with_observation(VpcGroups(REF.account)),
        ("Config:vpc-flow-logs-enabled",),
        {"flow-log-destination": BUCKET},
    ),
    "quarantine-group": Case(
        HARDEN_NETWORK,
        ResourceState(VPC, {FlowLogs: RECORDED, VpcGroups: VpcGroups(REF.account)}),
        (f"{PREFIX}{REVIEW}",),
    ),
    "flow-log": Case(
        HARDEN_NETWORK,
        ResourceState(FLOW_LOG).with_observation(DELETED),
        ("CloudTrail:ec2:DeleteFlowLogs",),
        {"flow-log-destination": BUCKET},
    ),
}


def comparable(state: ResourceState, names: Mapping[Symbol, str]) -> object:  # noqa: ARG001 - named by nothing
    """Return what a reversible remediation may change: not groups of our own."""
    return {kind: one for kind, one in state.observations.items() if kind is not VpcGroups}


WORLDS = Worlds(FIX, CASES, independent(by_observations(subjects), incidents), steps, reads, comparable)
