"""The share of a group of five that may be contained at a time, with IAM enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.deployment import RUNBOOK
from ringfence.local.findings import InstanceFinding
from ringfence.record.approval_facts import ApprovalRequested
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.estate import Builder, Server
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


def test_of_a_burst_on_an_auto_scaling_group_of_five_one_is_isolated_and_the_others_are_asked_about(
    compliance: Compliance,
) -> None:
    """No number of an hour or a day limits the group: only the share does."""
    world = compliance.world
    builder = world.builder()
    estate, scaling = builder.estate(), world.client("autoscaling")
    more = tuple(builder.launch(estate.ground, f"{builder.name}-{number}") for number in range(3, 6))
    group = {"AutoScalingGroupName": estate.scaling_group}
    scaling.update_auto_scaling_group(**group, MaxSize=6)
    scaling.attach_instances(**group, InstanceIds=[one.ref.id for one in more])
    burst(
        compliance, (estate.web, *more), f"auto-scaling-group/{place(compliance)}/{estate.scaling_group}/open"
    )


def test_of_a_burst_on_a_target_group_of_five_one_is_isolated_and_the_others_are_asked_about(
    compliance: Compliance,
) -> None:
    """No Auto Scaling group owns them. The hourly look has read which targets the group has."""
    builder = compliance.world.builder()
    name = f"{builder.name}-burst"
    servers = registered(compliance, builder, name)
    assert compliance.world.deployment.look(*(one.ref for one in servers))
    until(lambda: [known(compliance, one) for one in servers] == [{name: 5}] * 5, "the groups are known")
    burst(compliance, servers[:3], f"target-group/{place(compliance)}/{name}/open")


def registered(compliance: Compliance, builder: Builder, name: str) -> tuple[Server, ...]:
    """Launch five servers behind a load balancer."""
    balancer, ground = compliance.world.client("elbv2"), builder.ground()
    made = balancer.create_target_group(
        Name=name, Protocol="HTTPS", Port=443, VpcId=ground.vpc, TargetType="instance"
    )
    servers = tuple(builder.launch(ground, f"{name}-{number}") for number in range(5))
    balancer.register_targets(
        TargetGroupArn=made["TargetGroups"][0]["TargetGroupArn"],
        Targets=[{"Id": one.ref.id} for one in servers],
    )
    return servers


def burst(compliance: Compliance, servers: tuple[Server, ...], limit: str) -> None:
    """Send findings about all servers. One is isolated, and the limit holds back the others."""
    world = compliance.world
    world.deployment.send(*map(InstanceFinding.about, servers))
    until(lambda: len(asked(compliance, servers)) == len(servers) - 1, "people are asked about all but one")
    world.quiet()
    (closed,) = [one for one in servers if world.inspector().closed(one)]
    requests = asked(compliance, servers)
    assert closed.ref.id not in requests
    assert set(requests.values()) == {limit}


def place(compliance: Compliance) -> str:
    local = compliance.world.local
    return f"{local.account}/{local.region}"


def known(compliance: Compliance, server: Server) -> dict[str, int]:
    """Return the target groups that the item of a server names."""
    return dict(compliance.world.deployment.history(server.ref, RUNBOOK).members.groups)


def asked(compliance: Compliance, servers: tuple[Server, ...]) -> dict[str, str]:
    """Return the servers about which people are asked, and the limits that hold them back."""
    found = ((one.ref.id, compliance.world.history(one).last(ApprovalRequested)) for one in servers)
    return {id_: one.limit for id_, one in found if one}
