"""Security groups, VPCs and deleted flow logs in every condition, for laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Deleted, Recording
from ringfence.observations.ec2.flow_logs import FlowLog, FlowLogs
from ringfence.observations.ec2.network import NAMES, QUARANTINE, TRANSITION, OwnGroup
from ringfence.observations.ec2.security_group import DEFAULT, Rule, SecurityGroup
from ringfence.observations.ec2.vpc_groups import VpcGroups
from tests.support.fakes.network_answers import (
    BUCKET,
    FLOW_LOG_ID,
    GROUP_ID,
    INCIDENT,
    LIST_ID,
    LOG_GROUP,
    ROLE,
    VPC_ID,
)
from tests.support.strategies.instances import ODD_TEXTS
from tests.support.strategies.once import once
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

OTHER_ROLE = f"arn:aws:iam::{REF.account}:role/flow-logs"
OTHER_ACCOUNT, OTHER_VPC = "444455556666", "vpc-0fedcba9876543210"
GROUP = SecurityGroupRef(REF.account, REF.region, GROUP_ID)
VPC = VpcRef(REF.account, REF.region, VPC_ID)
FLOW_LOG = FlowLogRef(REF.account, REF.region, FLOW_LOG_ID)
PEERS = (
    *("0.0.0.0/0", "::/0", "0.0.0.0/1", "10.0.0.0/8", "198.51.100.7/32", "2001:db8::/32"),
    *(LIST_ID, GROUP_ID, "sg-0fedcba9876543210"),
)
TRAFFIC = (("tcp", 22, 22), ("tcp", 0, 65535), ("tcp", 3389, 3389), ("tcp", 443, 443), ("udp", 0, 65535))
OTHER_TRAFFIC = (("-1", -1, -1), ("icmp", -1, -1), ("tcp", 20, 21))
TYPES = (
    "Config:restricted-ssh",
    "Config:restricted-common-ports",
    "Config:vpc-default-security-group-closed",
    "Config:vpc-flow-logs-enabled",
    "CloudTrail:ec2:AuthorizeSecurityGroupIngress",
    "CloudTrail:ec2:DeleteFlowLogs",
)
CHOICES = {
    "ports": ("22,3389", "443"),
    "common-ports": ("20,21,3306,3389,4333",),
    "flow-log-destination": ("", BUCKET, "arn:aws:logs:{region}:{account}:log-group:/vpc/flow-logs"),
    "flow-log-role": ("", "arn:aws:iam::{account}:role/flow-logs"),
    "flow-log-traffic": ("ALL", "REJECT", "ACCEPT"),
}


@once
def incidents() -> SearchStrategy[Incident]:
    """One incident, with any of the choices, because of any findings."""
    choices = {name: st.sampled_from(each) for name, each in CHOICES.items()}
    return st.builds(
        Incident,
        id=st.just(INCIDENT),
        opened_at=st.just(NOON),
        choices=st.fixed_dictionaries(choices).map(lambda drawn: tuple(sorted(drawn.items()))),
        types=st.lists(st.sampled_from(TYPES), max_size=3, unique=True).map(tuple),
    )


@once
def rules() -> SearchStrategy[Rule]:
    """Any rule: a description and tags as odd as anybody writes them."""
    tags = st.dictionaries(st.sampled_from(("team", "Name")), ODD_TEXTS, max_size=2)
    return st.builds(
        lambda egress, traffic, peer, description, tagged: Rule(
            egress,
            traffic[0],
            traffic[1],
            traffic[2],
            peer,
            owner=REF.account if peer.startswith("sg-") else "",
            description=description,
            tags=tuple(sorted(tagged.items())),
        ),
        st.booleans(),
        st.sampled_from((*TRAFFIC, *OTHER_TRAFFIC)),
        st.sampled_from(PEERS),
        ODD_TEXTS,
        tags,
    )


@once
def groups() -> SearchStrategy[ResourceState]:
    """A group with any rules; default or not, ours by its looks or not, of this account or not."""
    facet = st.builds(
        SecurityGroup,
        name=st.sampled_from((DEFAULT, "web", "ringfence-transition-2")),
        owner=st.sampled_from((REF.account, REF.account, OTHER_ACCOUNT)),
        rules=st.lists(rules(), max_size=8, unique_by=lambda one: one.key).map(frozenset),
        role=st.sampled_from(("", QUARANTINE, TRANSITION)),
        interfaces=st.integers(0, 2),
        instances=st.sampled_from(((), (REF.id,))),
        more=st.booleans(),
        countable=st.booleans(),
        open_lists=st.sampled_from(((), (LIST_ID,))),
        unread=st.sampled_from(((), (LIST_ID,))),
    )
    return facet.map(lambda seen: ResourceState(GROUP, {SecurityGroup: seen}))


@once
def recordings() -> SearchStrategy[Recording]:
    """What a flow log may record, and where to."""
    places = (
        *((S3, BUCKET, ""), (S3, "arn:aws:s3:::of-a-stranger/logs", "")),
        *(
            (LOGS, LOG_GROUP, ROLE),
            (LOGS, LOG_GROUP, OTHER_ROLE),
            ("kinesis-data-firehose", "arn:aws:firehose:x", ""),
        ),
    )
    return st.builds(
        lambda traffic, place, interval, form, options: Recording(
            traffic, place[0], place[1], place[2], interval, form, *options
        ),
        st.sampled_from(("ALL", "ACCEPT", "REJECT")),
        st.sampled_from(places),
        st.sampled_from((60, 600)),
        st.sampled_from(("", "${version} ${srcaddr}")),
        st.sampled_from((("", False, False), ("parquet", True, True))),
    )


@once
def flow_logs() -> SearchStrategy[tuple[FlowLog, ...]]:
    """Some flow logs; EC2 takes no second one of the same traffic to the same place."""
    one = st.builds(
        FlowLog,
        st.sampled_from((VPC_ID, OTHER_VPC)),
        recordings(),
        st.sampled_from(("", "inc-of-last-year")),
        st.sampled_from(("", "Access error")),
    )
    unique = st.lists(
        one, max_size=3, unique_by=lambda log: (log.vpc_id, log.recording.traffic, log.recording.destination)
    )
    return unique.map(lambda logs: tuple(sorted(logs, key=repr)))


@once
def own_groups() -> SearchStrategy[tuple[OwnGroup, ...]]:
    """Quarantine groups of the VPC: ours or a stranger's, with any number of rules."""
    one = st.builds(
        lambda number, ours, rules: OwnGroup(
            f"sg-{number}", VPC_ID, QUARANTINE, f"{NAMES[QUARANTINE]}-{number}", ours, rules
        ),
        st.integers(2, 4),
        st.booleans(),
        st.integers(0, 2),
    )
    return st.lists(one, max_size=2, unique_by=lambda group: group.id).map(tuple)


@once
def vpcs() -> SearchStrategy[ResourceState]:
    """A VPC with any flow logs, and any groups of ours."""
    owners = st.sampled_from((REF.account, REF.account, OTHER_ACCOUNT))
    return st.builds(
        lambda owner, logs, groups, ipv6: ResourceState(
            VPC, {FlowLogs: FlowLogs(VPC_ID, owner, logs), VpcGroups: VpcGroups(owner, groups, ipv6=ipv6)}
        ),
        owners,
        flow_logs(),
        own_groups(),
        st.booleans(),
    )


@once
def deleted_flow_logs() -> SearchStrategy[ResourceState]:
    """A deleted flow log of which everything is known, or nothing; or one that is still there."""
    resources = st.sampled_from((VPC_ID, VPC_ID, "subnet-0123456789abcdef0", f"{OTHER_VPC}, {VPC_ID}"))
    known = st.builds(Deleted, resources, recordings())

    def seen(logs: tuple[FlowLog, ...], deleted: Deleted | None, owner: str) -> FlowLogs:
        vpc = deleted.resource if deleted and deleted.resource == VPC_ID else ""
        return FlowLogs(vpc, owner if vpc else "", logs, deleted)

    there = flow_logs().map(lambda logs: FlowLogs(logs=logs, exists=True))
    gone = st.builds(
        seen, flow_logs(), st.none() | known, st.sampled_from((REF.account, REF.account, OTHER_ACCOUNT))
    )
    return (gone | there).map(lambda facet: ResourceState(FLOW_LOG, {FlowLogs: facet}))


@once
def subjects() -> SearchStrategy[ResourceState]:
    """A subject of any kind."""
    return groups() | vpcs() | deleted_flow_logs()
