"""Isolate a compromised EC2 instance from the network. It keeps running for forensics.

Every interface moves to the quarantine group of its VPC, which allows no traffic. Each step contains the
old groups, so that a release can restore them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import RecordedCalls
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.network import QUARANTINE, Network
from ringfence.steps.ec2.network import SetSecurityGroups, groups_to_restore
from ringfence.steps.ec2.own_groups import CreateOwnGroup, EmptyQuarantineGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


CONTAINER_HOSTS = "container-hosts"
_DRY_RUN, _ISOLATE = "dry-run", "isolate"


def hosts_containers(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """The instance hosts containers: isolation would stop all of them, not only the compromised one."""
    if (signs := _containers(instance, incident)) and incident.choice(CONTAINER_HOSTS) == _DRY_RUN:
        yield (
            f"the instance hosts containers ({_shown(signs)}), and isolation would stop all of them: "
            f"{_CORDON}; the policy can allow isolation with {CONTAINER_HOSTS}: {_ISOLATE}"
        )


def scopes(instance: ResourceState) -> Iterator[str]:
    """Yield the Auto Scaling group, the cluster, the role and the VPCs as scopes of limits.

    The first read shows the instance profile, which contains one role. Its name stands for that of the role.
    """
    ref, host = instance.ref, instance[Host]
    if host.group:
        yield f"auto-scaling-group/{ref.account}/{ref.region}/{host.group}"
    if host.cluster:
        yield f"cluster/{ref.account}/{ref.region}/{host.cluster}"
    if host.profile:
        yield f"role/{ref.account}/{host.profile}"
    for vpc_id in instance[Network].vpcs():
        yield f"vpc/{ref.account}/{ref.region}/{vpc_id}"


_CORDON = (
    "cordon the node or set the container instance to DRAINING, isolate the compromised pod with a network "
    "policy or stop its task, drain the rest, and then run contain-instance manually"
)


_MOST_SIGNS, _LONGEST_SIGN = 2, 48


def _shown(signs: tuple[str, ...]) -> str:
    """Return the first signs, shortened: a long name of a tag must not displace what a person must do."""
    shown = [one if len(one) <= _LONGEST_SIGN else f"{one[:_LONGEST_SIGN]}…" for one in signs[:_MOST_SIGNS]]
    more = [f"and {len(signs) - _MOST_SIGNS} more"] if len(signs) > _MOST_SIGNS else []
    return "; ".join((*shown, *more))


def _containers(instance: ResourceState, incident: Incident) -> tuple[str, ...]:
    """Return the signs of containers, of the findings first: nobody on the instance can write those."""
    return (*(f"the finding is about {one}" for one in incident.containers), *instance[Host].containers)


def open_ways(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield the ways to the network that stay open, and what a person must do. The instance is not contained.

    https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-managed-instances.html
    """
    for one in instance[Network].interfaces:
        if one.trunk:
            yield (
                f"{one.id} is a trunk interface: containers on the instance with branch interfaces keep "
                "their security groups and their connections; stop or drain them, or stop the instance"
            )
        if one.operator and not one.quarantined:
            yield (
                f"{one.id} is not isolated: {one.operator} manages it, and EC2 lets only that service change "
                "it; stop what uses it in that service, or stop the instance"
            )
        if one.foreign_owner and not one.quarantined:
            yield (
                f"{one.id} is not isolated: it belongs to account {one.foreign_owner}; detach it from the "
                "instance, or isolate it in that account"
            )


def still_open(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what security groups cannot block, and interfaces whose isolation was tried in vain.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking-awsvpc.html
    """
    if signs := _containers(instance, incident):
        yield (
            f"the instance hosts containers ({_shown(signs)}): isolation stops all of them, and those "
            f"that are moved to another host can take the intruder along; better: {_CORDON}"
        )
    tried = {step.interface_id for step in incident.past if isinstance(step, SetSecurityGroups)}
    for one in instance[Network].interfaces:
        if one.id in tried and not one.quarantined:
            yield (
                f"{one.id} is not isolated although Ringfence tried it: a service such as Amazon ECS can "
                "manage it for a task; stop the task and drain the instance, or stop the instance"
            )
    yield (
        "connections that were already tracked stay open while they have traffic; connections through "
        "NAT gateways, load balancers, PrivateLink and similar services are always tracked"
    )
    yield (
        "security groups do not filter Amazon's DNS, the metadata service, DHCP and NTP: "
        "the instance can still send data out in DNS queries"
    )


@remediation(
    id="isolate-instance",
    title="Isolate a compromised EC2 instance",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Network, Host),
    steps=(CreateOwnGroup, EmptyQuarantineGroup, SetSecurityGroups),
    references=("NIST 800-53 IR-4", "NIST 800-53 SC-7"),
    countermeasures=("D3-NI",),
    options=(
        Option(
            CONTAINER_HOSTS,
            (_DRY_RUN, _ISOLATE),
            "dry-run: an instance that hosts containers is isolated only by a person, who cordons and drains "
            "it first; snapshots and credentials are not held back; isolate: it is isolated like any other "
            "instance, with all its containers",
        ),
    ),
    undone_by=(
        RecordedCalls(
            "ec2",
            (
                "AttachNetworkInterface",
                "AuthorizeSecurityGroupEgress",
                "AuthorizeSecurityGroupIngress",
                "DeleteSecurityGroup",
                "ModifyInstanceAttribute",
                "ModifyNetworkInterfaceAttribute",
                "ModifySecurityGroupRules",
            ),
        ),
    ),
    residual_risk=still_open,
    downgrade_reasons=hosts_containers,
    held_together=("cut-tracked-flows", "leave-auto-scaling", "leave-target-groups", "stop-instance"),
    interrupts=True,
    scopes=scopes,
    needs_review=open_ways,
)
def isolate_instance(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Move each interface to the quarantine group."""
    network = instance[Network]
    for vpc_id in network.vpcs():
        yield from prepare(network, vpc_id, instance.ref.account)
    for interface in network.interfaces:
        if not interface.quarantined:
            quarantined = frozenset({QuarantineGroup(interface.vpc_id)})
            before = groups_to_restore(network, interface, incident.past)
            yield SetSecurityGroups(interface.id, interface.vpc_id, before, quarantined)


def prepare(network: Network, vpc_id: str, account: str) -> Iterator[Step]:
    """Create the quarantine group of the VPC, or remove the rules of a drifted one."""
    group = network.own(vpc_id, QUARANTINE)
    if group is None:
        yield CreateOwnGroup(vpc_id, QUARANTINE, network.free_name(vpc_id, QUARANTINE), account)
    if group is None or group.rules:
        yield EmptyQuarantineGroup(vpc_id, group.rules if group else 1)
