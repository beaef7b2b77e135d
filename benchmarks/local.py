"""From an event on the bus to an isolated instance, on the local AWS: cold, and warm."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.local import LocalAws
from ringfence.local.deployment import HIGH_LIMITS, Deployment
from ringfence.local.estate import Builder
from ringfence.local.findings import InstanceFinding
from ringfence.observations.ec2.network import ROLE_TAG

if TYPE_CHECKING:
    from ringfence.local.estate import Ground, Server

WARM_RUNS = 20
DEADLINE = 30.0
"""Seconds to wait for one isolation."""


def event_to_isolated() -> dict[str, float]:
    """Deploy, then isolate servers one after another; seconds from PutEvents to the changed interfaces."""
    with tempfile.TemporaryDirectory() as folder, LocalAws() as local:
        deployment = Deployment.make(local, Path(folder), limits=HIGH_LIMITS)
        builder = Builder(local.client, local.account, local.region, "bench")
        ground = builder.ground()
        servers = [_launch(replace(builder, name=f"bench-{one}"), ground) for one in range(WARM_RUNS + 1)]
        if not deployment.look(*(one.ref for one in servers)):
            raise RuntimeError("the hourly look did not read the target groups of the servers")
        cold, *warm = [_isolate(deployment, server) for server in servers]
    return {
        "event_to_isolated_cold_s": round(cold, 3),
        "event_to_isolated_p50_s": round(statistics.median(warm), 3),
        "event_to_isolated_p95_s": round(statistics.quantiles(warm, n=20)[-1], 3),
    }


def _launch(builder: Builder, ground: Ground) -> Server:
    """Launch a server with a role that no other one has: no share of a role holds it back."""
    return builder.launch(ground, builder.name, builder.profile())


def _isolate(deployment: Deployment, server: Server) -> float:
    begun = time.monotonic()
    deployment.send(InstanceFinding.about(server))
    while time.monotonic() - begun < DEADLINE:
        if _is_isolated(deployment.local, server):
            return time.monotonic() - begun
        time.sleep(0.005)
    raise RuntimeError(f"{server.name} was not isolated within {DEADLINE:g} s")


def _is_isolated(local: LocalAws, server: Server) -> bool:
    """Ask AWS itself: every interface has one group, which bears our tag."""
    ec2 = local.client("ec2")
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=list(server.interfaces))
    groups = {tuple(group["GroupId"] for group in one["Groups"]) for one in found["NetworkInterfaces"]}
    if len(groups) != 1 or len(ids := next(iter(groups))) != 1:
        return False
    described = ec2.describe_security_groups(GroupIds=list(ids))["SecurityGroups"][0]
    return any(tag["Key"] == ROLE_TAG for tag in described.get("Tags", ()))
