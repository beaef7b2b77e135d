"""What the steps on rules and flow logs declare is true of EC2: their effects, and that inverses lead back.

Each step of a real plan is taken by the real driver on the local AWS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.cloud import AwsCloud
from ringfence.engine.undo import undo
from ringfence.local import LocalAws
from ringfence.model.errors import NotFound, Refused
from ringfence.model.incident import Incident
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.step import State
from ringfence.observations.ec2.flow_log_destination import ROLE
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.observations.ec2.security_group import SecurityGroup
from ringfence.observations.ec2.vpc_groups import VpcGroups
from ringfence.policy.decision import Permit
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from ringfence.steps.ec2.prepared_groups import PrepareOwnGroup
from tests.support.fakes.network_answers import INCIDENT
from tests.support.worlds import AUTO, NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.model.subject import NetworkRef, Ref

BUCKET = "flow-logs-of-these-tests"
FIX = HARDEN_NETWORK.narrowed(one.id for one in HARDEN_NETWORK.stages[0].members)
PREPARE = HARDEN_NETWORK.narrowed(("prepare-quarantine-group",))


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(cloudtrail=True) as running:
        running.client("s3").create_bucket(Bucket=BUCKET)
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        running.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
        running.client("logs").create_log_group(logGroupName="/vpc/flow-logs")
        yield running


@dataclass
class LocalClients:
    """Clients of the local AWS."""

    aws: LocalAws
    made: dict[str, Any] = field(default_factory=dict)

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> Any:  # noqa: ANN401, ARG002 - made at run time
        return self.made.setdefault(service, self.aws.client(service))


def without_ids(observed: ResourceState) -> ResourceState:
    """Leave out the ids of Ringfence's own groups, which EC2 gives."""
    if VpcGroups not in observed:
        return observed
    seen = observed[VpcGroups]
    return observed.with_observation(seen.with_groups(tuple(replace(one, id="") for one in seen.groups)))


@dataclass
class Case:
    """One subject, a responder on it, and the steps that it took."""

    cloud: AwsCloud
    ref: NetworkRef
    choices: dict[str, str] = field(default_factory=dict)
    past: tuple[Step, ...] = ()
    runbook: Runbook = FIX

    def observe(self) -> ResourceState:
        return self.cloud.observe(self.ref, self.runbook.on(self.ref).stages[0].observations, self.past)

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe()
        assert step.state(before) is State.BEFORE, step
        permit = Permit.of(AUTO, self.ref, NOON.replace(year=2027))
        made = self.cloud.apply(self.ref, step, before.names(), permit)
        assert made.requests, "each call is recorded by its request id"
        self.past = (*self.past, step)
        after = self.observe()
        assert step.state(after) is State.AFTER, step
        assert without_ids(after) == without_ids(step.effect(before)), step
        if isinstance(step, PrepareOwnGroup):
            assert made.provides.items() == after.names().items() - before.names().items()

    def plan(self) -> tuple[Step, ...]:
        incident = Incident(INCIDENT, NOON, choices=self.runbook.choose(self.choices), past=self.past)
        return self.runbook.on(self.ref).stages[0].plan(self.observe(), incident)

    def respond(self) -> None:
        for step in self.plan():
            self.take(step)
        assert self.plan() == ()

    def release(self) -> None:
        way = undo(self.past, self.observe())
        assert (way.drifted, way.settling, way.kept) == ((), (), ())
        for step in way.steps:
            self.take(step)


@dataclass
class Ground:
    """A VPC, and cases in it."""

    aws: LocalAws
    vpc: str

    @property
    def ec2(self) -> Any:  # noqa: ANN401 - made at run time
        return self.aws.client("ec2")

    def case(self, kind: type[NetworkRef], id_: str, **choices: str) -> Case:
        cloud = AwsCloud(LocalClients(self.aws), lambda: NOON, lambda jobs: [job() for job in jobs])
        chosen = {name.replace("_", "-"): one for name, one in choices.items()}
        return Case(cloud, kind(self.aws.account, self.aws.region, id_), chosen)

    def list(self, *cidrs: str) -> str:
        entries = [{"Cidr": one} for one in cidrs]
        made = self.ec2.create_managed_prefix_list(
            PrefixListName="p", MaxEntries=5, AddressFamily="IPv4", Entries=entries
        )
        return str(made["PrefixList"]["PrefixListId"])

    def open(self, group: str, **more: Any) -> None:  # noqa: ANN401 - parameters of EC2
        tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "team", "Value": "web"}]}]
        permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **more}
        self.ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[permission], TagSpecifications=tags
        )


@pytest.fixture
def ground(aws: LocalAws) -> Ground:
    vpc = aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    return Ground(aws, vpc["Vpc"]["VpcId"])


def test_a_rule_goes_and_comes_back_with_description_and_tags(ground: Ground) -> None:
    made = ground.ec2.create_security_group(GroupName="web", Description="web", VpcId=ground.vpc)
    group = made["GroupId"]
    everybody = [{"CidrIp": "0.0.0.0/0", "Description": "for a day"}, {"CidrIp": "198.51.100.0/24"}]
    pairs = [{"GroupId": group, "Description": "ourselves"}]
    lists = [{"PrefixListId": ground.list("0.0.0.0/0"), "Description": "of everybody"}]
    ground.open(group, IpRanges=everybody, Ipv6Ranges=[{"CidrIpv6": "::/0"}])
    ground.open(group, UserIdGroupPairs=pairs, PrefixListIds=lists)
    ground.open(group, IpProtocol="-1", IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    case = ground.case(SecurityGroupRef, group)
    before = case.observe()
    assert len(before[SecurityGroup].open_lists) == 1
    case.respond()
    assert len(before[SecurityGroup].rules - case.observe()[SecurityGroup].rules) == 3
    case.release()
    assert case.observe() == before


def test_a_default_group_with_every_kind_of_rule_is_closed_and_comes_back(ground: Ground) -> None:
    filters = [{"Name": "vpc-id", "Values": [ground.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    group = ground.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    pairs = [{"GroupId": group, "Description": "ourselves"}]
    lists = [{"PrefixListId": ground.list("10.0.0.0/8"), "Description": "of ours"}]
    ground.open(group, UserIdGroupPairs=pairs, PrefixListIds=lists)
    subnet = ground.ec2.create_subnet(VpcId=ground.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    ground.ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    case = ground.case(SecurityGroupRef, group)
    before = case.observe()
    assert before[SecurityGroup].used_by() == "used by 1 network interface"
    case.respond()
    assert case.observe()[SecurityGroup].rules == frozenset()
    case.release()
    assert case.observe() == before


@pytest.mark.parametrize(
    "to", [f"arn:aws:s3:::{BUCKET}/vpcs", "arn:aws:logs:{region}:{account}:log-group:/vpc/flow-logs"]
)
def test_a_flow_log_is_made_and_deleted(ground: Ground, to: str) -> None:
    replace(ground.case(VpcRef, ground.vpc), runbook=PREPARE).respond()
    case = ground.case(VpcRef, ground.vpc, flow_log_destination=to)
    before = case.observe()
    assert before[FlowLogs].role.endswith(f":role/{ROLE}")
    case.respond()
    assert [one.failing for one in case.observe()[FlowLogs].of_vpc()] == [""]
    case.release()
    assert case.observe() == before


def test_a_quarantine_group_is_created_ahead_and_stays(ground: Ground) -> None:
    case = replace(ground.case(VpcRef, ground.vpc), runbook=PREPARE)
    assert case.observe()[VpcGroups].groups == ()
    case.respond()
    (group,) = case.observe()[VpcGroups].groups
    assert (group.vpc_id, group.ours, group.rules) == (ground.vpc, True, 0)
    way = undo(case.past, case.observe())
    assert (way.steps, way.drifted, way.settling) == ((), (), ())
    assert len(way.kept) == len(case.past) == 2


def test_an_opened_quarantine_group_is_emptied(ground: Ground) -> None:
    case = replace(ground.case(VpcRef, ground.vpc), runbook=PREPARE)
    case.respond()
    (group,) = case.observe()[VpcGroups].groups
    ground.open(group.id, IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    case.respond()
    assert case.observe()[VpcGroups].groups == (group,)


def test_a_deleted_flow_log_is_found_by_cloudtrail_and_made_again(ground: Ground) -> None:
    to = f"arn:aws:s3:::{BUCKET}"
    made = ground.ec2.create_flow_logs(
        ResourceIds=[ground.vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination=to,
        MaxAggregationInterval=60,
    )
    ground.ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"])
    case = ground.case(FlowLogRef, made["FlowLogIds"][0], flow_log_destination=to)
    before = case.observe()
    assert before[FlowLogs].vpc_id == ground.vpc
    case.respond()
    assert [one.recording.interval for one in case.observe()[FlowLogs].of_vpc()] == [60]
    case.release()
    assert case.observe()[FlowLogs].of_vpc() == ()


def test_a_bucket_that_is_not_there_refuses(ground: Ground) -> None:
    case = ground.case(VpcRef, ground.vpc, flow_log_destination="arn:aws:s3:::there-is-none")
    with pytest.raises(Refused, match="there-is-none"):
        case.respond()


@pytest.mark.parametrize(
    ("kind", "id_"), [(SecurityGroupRef, "sg-0123456789abcdef0"), (VpcRef, "vpc-0123456789abcdef0")]
)
def test_what_does_not_exist_is_gone(ground: Ground, kind: type[NetworkRef], id_: str) -> None:
    with pytest.raises(NotFound):
        ground.case(kind, id_).observe()
