"""What the cloud in memory takes for granted is true of EC2, Auto Scaling, target groups and IAM.

Each step of a real plan is taken by the real driver: what is observed then is what the step declares as its
effect, and its inverse leads back. Ids of what a step creates are left out: only the service knows them.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.cloud import AwsCloud
from ringfence.engine.undo import undo
from ringfence.local import LocalAws
from ringfence.model.errors import NotFound
from ringfence.model.incident import Incident
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.observations.ec2.network import QUARANTINE, ROLE_TAG, Network
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.ec2.snapshots import Snapshots
from ringfence.observations.iam.identity import Identity
from ringfence.observations.iam.revocations import revocation, revocation_name
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.policy.decision import Permit
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.strategies.contain_instance import MORE_REVOCATIONS, OLD_REVOCATIONS
from tests.support.strategies.instances import chosen
from tests.support.worlds import AUTO, NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.observations.iam.revocations import Revocation

IMAGE = "ami-12c6146b"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class LocalClients:
    """Clients of the local AWS, whatever account and region they are asked for."""

    aws: LocalAws
    made: dict[str, Any] = field(default_factory=dict)

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> Any:  # noqa: ANN401, ARG002 - made at run time
        if service not in self.made:
            self.made[service] = self.aws.client(service)
        return self.made[service]


@dataclass
class Case:
    """One instance, a responder on it, and the steps that it took."""

    cloud: AwsCloud
    ref: InstanceRef
    incident: Incident
    past: tuple[Step, ...] = ()

    def observe(self, *observations: type[Observation]) -> ResourceState:
        return self.cloud.observe(self.ref, observations, self.past)

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe(step.observation)
        assert step.state(before) is State.BEFORE, step
        made = self.cloud.apply(
            self.ref, step, before.names(), Permit.of(AUTO, self.ref, NOON + timedelta(days=1))
        )
        assert made.requests, "each call is recorded by its request id"
        self.past = (*self.past, step)
        after = self.observe(step.observation)
        assert step.state(after) is State.AFTER, step
        assert told(after) == told(step.effect(before)), step
        for symbol, name in made.provides.items():
            assert after.names()[symbol] == name

    def respond(self) -> None:
        """Run every stage with every option."""
        for stage in CONTAIN_INSTANCE.stages:
            plan = stage.plan(self.observe(*stage.observations), self.incident)
            for wave in dependency_levels(plan):
                for step in wave:
                    self.take(step)

    def release(self) -> None:
        way = undo(self.past, self.observe(*CONTAIN_INSTANCE.observations))
        assert (way.drifted, way.settling) == ((), ())
        for step in way.steps:
            self.take(step)


def told(observed: ResourceState) -> dict[str, object]:
    """Say what was observed, without ids and times that a service gives and without how far a snapshot is."""
    told: dict[str, object] = {kind.__name__: facet for kind, facet in observed.observations.items()}
    if Network in observed:
        network = observed[Network]
        groups = {replace(one, id="") for one in network.groups}
        told["Network"] = (network.state, frozenset(network.interfaces), frozenset(groups))
    if Identity in observed:
        identity = observed[Identity]
        associations = {replace(one, id="") for one in identity.associations}
        told["Identity"] = (associations, set(identity.roles))
    if Snapshots in observed:
        taken = {replace(one, id="", writing=False, started=None) for one in observed[Snapshots].taken}
        told["Snapshots"] = (taken, observed[Snapshots].instance_store)
    return told


def lasting(sessions: RoleSessions, now: datetime) -> RoleSessions:
    """Leave out revocations whose time is over: what removes them gives none of them back."""

    def valid(found: frozenset[Revocation]) -> frozenset[Revocation]:
        return frozenset(one for one in found if not one.is_over(now))

    return RoleSessions(
        tuple(replace(use, revoked=valid(use.revoked), listed=valid(use.listed)) for use in sessions.roles)
    )


def in_force(sessions: RoleSessions) -> RoleSessions:
    """Say what is revoked, in a policy of its own or in the list."""
    return RoleSessions(
        tuple(replace(use, revoked=use.revoked | use.listed, listed=frozenset()) for use in sessions.roles)
    )


@dataclass(frozen=True)
class Estate:
    """Where the cases are built."""

    aws: LocalAws
    name: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - made at run time
        return self.aws.client(service)

    def vpc(self, cidr: str) -> tuple[str, str]:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]

    def group(self, vpc: str, name: str, *, role: str = "") -> str:
        tags = [{"Key": ROLE_TAG, "Value": role}] if role else [{"Key": "Name", "Value": name}]
        made = self.client("ec2").create_security_group(
            GroupName=name,
            Description=name,
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
        )
        group: str = made["GroupId"]
        return group

    def profile(self) -> str:
        """A role in an instance profile with a path."""
        iam = self.client("iam")
        trust = {"Version": "2012-10-17", "Statement": []}
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trust))
        made = iam.create_instance_profile(InstanceProfileName=self.name, Path="/team/web/")
        iam.add_role_to_instance_profile(InstanceProfileName=self.name, RoleName=self.name)
        arn: str = made["InstanceProfile"]["Arn"]
        return arn

    def revoke(self, revocations: Iterable[Revocation] = OLD_REVOCATIONS) -> None:
        """Give the role revocations of other incidents."""
        for one in revocations:
            self.client("iam").put_role_policy(
                RoleName=self.name,
                PolicyName=revocation_name(one.instant, one.holder),
                PolicyDocument=json.dumps(revocation(one.instant)),
            )

    def instance(self, subnet: str, groups: Sequence[str], profile: str) -> str:
        ec2 = self.client("ec2")
        run = ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="m5d.large",
            MinCount=1,
            MaxCount=1,
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": list(groups)}],
            BlockDeviceMappings=[
                {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}},
                {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 4, "DeleteOnTermination": True}},
            ],
            InstanceInitiatedShutdownBehavior="terminate",
        )
        instance: str = run["Instances"][0]["InstanceId"]
        ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Arn": profile})
        return instance

    def interface(self, instance: str, subnet: str, group: str) -> None:
        ec2 = self.client("ec2")
        made = ec2.create_network_interface(SubnetId=subnet, Groups=[group])
        interface = made["NetworkInterface"]["NetworkInterfaceId"]
        ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1)

    def scaling_group(self, instance: str, subnet: str, minimum: int) -> None:
        template = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
        self.client("ec2").create_launch_template(LaunchTemplateName=self.name, LaunchTemplateData=template)
        scaling = self.client("autoscaling")
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=self.name,
            LaunchTemplate={"LaunchTemplateName": self.name},
            MinSize=0,
            MaxSize=9,
            DesiredCapacity=0,
            VPCZoneIdentifier=subnet,
        )
        scaling.attach_instances(InstanceIds=[instance], AutoScalingGroupName=self.name)
        scaling.update_auto_scaling_group(AutoScalingGroupName=self.name, MinSize=minimum)

    def targets(self, vpc: str, instance: str) -> None:
        """Register it at two ports by id and at one by address."""
        elb = self.client("elbv2")
        described = self.client("ec2").describe_instances(InstanceIds=[instance])
        address = described["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
        for kind, ids, ports in (("instance", [instance], (80, 8080)), ("ip", [address], (443,))):
            made = elb.create_target_group(
                Name=f"{self.name}-{kind}", Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind
            )
            targets = [{"Id": one, "Port": port} for one in ids for port in ports]
            elb.register_targets(TargetGroupArn=made["TargetGroups"][0]["TargetGroupArn"], Targets=targets)


@pytest.fixture
def build(aws: LocalAws) -> Callable[..., Case]:
    """Give a function that builds an instance with everything that the runbook looks at."""

    def case(way: str, *, minimum: int = 0) -> Case:
        estate = Estate(aws, f"t-{uuid.uuid4().hex[:8]}")
        (home, subnet), (other, other_subnet) = estate.vpc("10.1.0.0/24"), estate.vpc("10.2.0.0/24")
        estate.group(home, "ringfence-transition")  # a stranger's, by our name
        drifted = estate.group(other, "ringfence-quarantine", role=QUARANTINE)
        open_to_all = [
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ]
        estate.client("ec2").authorize_security_group_ingress(GroupId=drifted, IpPermissions=open_to_all)
        profile = estate.profile()
        estate.revoke(MORE_REVOCATIONS)
        groups = [estate.group(home, name) for name in ("web", "metrics")]
        instance = estate.instance(subnet, groups, profile)
        estate.interface(instance, other_subnet, estate.group(other, "back"))
        estate.instance(subnet, groups, profile)  # a bystander with the same role
        estate.scaling_group(instance, subnet, minimum)
        estate.targets(home, instance)
        cloud = AwsCloud(LocalClients(aws), lambda: NOON, lambda jobs: [job() for job in jobs])
        incident = Incident(
            id="inc-20260301T120000.000000-0123456789",
            opened_at=NOON,
            findings=("f-1",),
            remote_addresses=("198.51.100.7", "2001:db8::7"),
            choices=chosen(way),
        )
        return Case(cloud, InstanceRef(aws.account, aws.region, instance), incident)

    return case


@pytest.mark.parametrize("way", ["detach", "standby"])
def test_every_step_does_what_it_declares_and_its_inverse_leads_back(
    build: Callable[..., Case], way: str
) -> None:
    case = build(way)
    before = case.observe(*CONTAIN_INSTANCE.observations)
    case.respond()
    taken = {type(step) for step in case.past}
    other = {"detach": "EnterStandby", "standby": "DetachFromGroup"}[way]
    # A role without space for another policy has its own world, in the laws on moto.
    full_role = {"AttachInstanceDenial", "EndInstanceDenial"}
    assert {one.__name__ for one in set(CONTAIN_INSTANCE.steps) - taken} == {other, *full_role}

    after = case.observe(*CONTAIN_INSTANCE.observations)
    assert [stage.plan(after, case.incident) for stage in CONTAIN_INSTANCE.stages] == [(), (), ()]

    case.release()
    released = case.observe(*CONTAIN_INSTANCE.observations)
    assert released[SnapshotLocks].locked == after[SnapshotLocks].locked != frozenset()
    assert in_force(lasting(before[RoleSessions], NOON)) == in_force(released[RoleSessions])
    assert released[RoleSessions] == lasting(released[RoleSessions], NOON) != before[RoleSessions]
    undone, kept = told(released), {"Network", "Snapshots", "SnapshotLocks", "Identity", "RoleSessions"}
    assert {kind: facet for kind, facet in undone.items() if kind not in kept} == {
        kind: facet for kind, facet in told(before).items() if kind not in kept
    }


def test_a_group_at_its_minimum_size_replaces_what_leaves_it(build: Callable[..., Case]) -> None:
    case = build("detach", minimum=1)
    stage = CONTAIN_INSTANCE.narrowed(["leave-auto-scaling"]).stages[0]
    (step,) = stage.plan(case.observe(*stage.observations), case.incident)
    case.take(step)


def test_an_instance_that_does_not_exist_is_gone_to_every_facet_that_looks_at_it(aws: LocalAws) -> None:
    cloud = AwsCloud(LocalClients(aws), lambda: NOON, lambda jobs: [job() for job in jobs])
    ref = InstanceRef(aws.account, aws.region, "i-0123456789abcdef0")
    for facet in CONTAIN_INSTANCE.observations:
        if any(one.action == "ec2:DescribeInstances" for one in facet.permissions):
            with pytest.raises(NotFound):
                cloud.observe(ref, (facet,))
