"""With faults between the functions and AWS the end is the same, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.demo import WANTED
from tests.e2e.faults import broken, cut, lost, throttled
from tests.e2e.world import applied

if TYPE_CHECKING:
    from ringfence.local.estate import Estate
    from tests.e2e.faults import Proxy, Rule
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e

CHANGES = (
    "CreateSecurityGroup",
    "RevokeSecurityGroupEgress",
    "ModifyNetworkInterfaceAttribute",
    "DetachInstances",
    "ModifyInstanceAttribute",
    "DeregisterTargets",
    "DisassociateIamInstanceProfile",
    "PutRolePolicy",
    "CreateSnapshots",
    "CreateTags",
)
"""What the response to an estate's finding calls to change something."""
KINDS: dict[str, tuple[Rule, ...]] = {
    "throttling": (
        throttled("ec2", "RequestLimitExceeded", 503),
        throttled("iam", "Throttling"),
        throttled("autoscaling", "Throttling"),
        throttled("dynamodb", "ThrottlingException"),
    ),
    "errors of the services": (
        broken("ec2"),
        broken("iam", "ServiceFailure"),
        broken("elbv2"),
        broken("dynamodb", "InternalServerError"),
    ),
    "reset connections": (cut("ec2"), cut("iam"), cut("dynamodb")),
    "the lost answer to a transaction": (lost("TransactWriteItems"),),
    "the lost answer to the snapshots": (lost("CreateSnapshots"),),
    "the lost answer to every change": tuple(lost(operation) for operation in CHANGES),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_is_the_same_and_nothing_is_done_twice(faulty: World, proxy: Proxy, kind: str) -> None:
    estate, inspector = faulty.builder().estate(), faulty.inspector()
    neighbour = inspector.portrait(estate.bystander, estate.role)
    with proxy.injecting(*KINDS[kind]):
        faulty.send(estate.web)
        history = faulty.complete(estate.web, within=150)
        faulty.quiet()
        fired = proxy.fired()
    assert fired, "faults were injected"
    named = {rule["operation"] for rule in KINDS[kind] if "operation" in rule}
    assert named <= {one["operation"] for one in fired}
    assert inspector.closed(estate.web)
    after = inspector.portrait(estate.web, estate.role)
    assert {aspect: after[aspect] for aspect in WANTED} == WANTED
    assert inspector.portrait(estate.bystander, estate.role) == neighbour
    assert set(applied(history).values()) == {1}, faulty.told(estate.web)
    assert history.open_intents == ()
    assert len(faulty.calls("CreateSnapshots", estate.web.ref.id)) == 1
    assert capacity(faulty, estate) == 2, "the instance that left was replaced"
    assert faulty.deployment.archived(estate.web.ref).sound


def capacity(world: World, estate: Estate) -> int:
    found = world.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[estate.scaling_group]
    )
    desired: int = found["AutoScalingGroups"][0]["DesiredCapacity"]
    return desired
