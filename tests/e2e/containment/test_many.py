"""Many findings at once: each instance is isolated once, and each has one incident.

First responses in a VPC that run at the same time make a quarantine group each: none of them can prove who
made the group of another one before that is recorded.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.audit_items import CONTROL_KEY, provided_key, to_provided
from ringfence.aws.cloud import AGAIN
from ringfence.aws.sessions import ATTEMPTS
from ringfence.local.findings import InstanceFinding
from ringfence.record.chain import ChainKey
from ringfence.record.facts import FindingReceived, Intended, Result
from tests.e2e.world import applied, not_applied

if TYPE_CHECKING:
    from ringfence.local.estate import Ground, Server
    from ringfence.record.history import History
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
SERVERS_IN_EACH_VPC, FINDINGS_ON_EACH_SERVER = 5, 5


def test_fifty_findings_on_ten_instances_in_two_vpcs(world: World) -> None:
    """Each server has a role of its own and no target group, so no share holds back a response."""
    builder = world.builder()
    grounds = [builder.ground(network) for network in ("10.30", "10.40")]
    servers = [launch(world, ground) for ground in grounds for _ in range(SERVERS_IN_EACH_VPC)]
    assert world.deployment.look(*(one.ref for one in servers)), "the target groups are known"
    findings = [InstanceFinding.about(one) for _ in range(FINDINGS_ON_EACH_SERVER) for one in servers]
    with ThreadPoolExecutor(5) as senders:
        list(senders.map(lambda start: world.deployment.send(*findings[start::5]), range(5)))
    for server in servers:
        world.complete(server, within=300)
    world.quiet()
    groups = {each for server in servers for each in isolated(world, server)}
    place = {CONTROL_KEY: {"S": provided_key(ChainKey("contain-instance", servers[0].ref.key))}}
    stored = world.client("dynamodb").get_item(TableName=world.deployment.control_table, Key=place)["Item"]
    recorded = to_provided(stored)
    assert groups <= {id_ for ids in recorded.values() for id_ in ids}, "Ringfence recorded each group"
    late = launch(world, grounds[0])
    world.deployment.send(*(InstanceFinding.about(late) for _ in range(FINDINGS_ON_EACH_SERVER)))
    world.complete(late)
    world.quiet()
    assert isolated(world, late) <= groups, "the next response uses one of these"


def launch(world: World, ground: Ground) -> Server:
    builder = world.builder()
    return builder.launch(ground, builder.name, builder.profile())


def isolated(world: World, server: Server) -> set[str]:
    """Check one server; return the groups that it ended in."""
    history = world.history(server)
    assert set(applied(history).values()) == {1}, world.told(server)
    assert incidents(world, server) == {history.incident}
    assert len({one.finding.id for one in history.of(FindingReceived)}) == FINDINGS_ON_EACH_SERVER
    assert world.inspector().closed(server)
    assert world.inspector().portrait(server)["snapshots"] == "1 of each of 2 volumes"
    for interface in server.interfaces:
        calls = world.calls("ModifyNetworkInterfaceAttribute", interface)
        assert len(calls) in calls_in_the_log(history, interface), not_applied(history)
    found = world.client("ec2").describe_network_interfaces(NetworkInterfaceIds=list(server.interfaces))
    return {group["GroupId"] for one in found["NetworkInterfaces"] for group in one["Groups"]}


def calls_in_the_log(history: History, interface: str) -> range:
    """Return how many calls of the change the log allows for. An emulator under load answers late.

    If a call was answered, the log says how often the transport sent it. If no answer came, the response
    looked at the interface, and the log does not say how many of the transport's attempts arrived.
    """
    least = most = 0
    for intended in (one for one in history.of(Intended) if interface in one.step.target):
        outcome = history.outcomes[intended.intent]
        if outcome.by == "call" and outcome.result == Result.APPLIED:
            (_, _, again) = outcome.detail.partition(f"{AGAIN}: ")
            least, most = least + 1 + int(again or 0), most + 1 + int(again or 0)
        else:
            most += ATTEMPTS
    return range(max(least, 1), most + 1)


def incidents(world: World, server: Server) -> set[str]:
    """Return the ids of all incidents of a server, from the table itself."""
    pages = (
        world.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=world.deployment.audit_table,
            KeyConditionExpression="chain = :chain",
            ExpressionAttributeValues={":chain": {"S": f"contain-instance#{server.ref.key}"}},
        )
    )
    return {item["incident"]["S"] for page in pages for item in page["Items"]}
