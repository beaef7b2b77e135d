"""With faults between the functions and AWS the end is the same, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.demo import WANTED
from ringfence.record.facts import ContinuationStarted, Verified
from tests.e2e.faults import broken, cut, lost, not_arrived, refused, spared, throttled
from tests.e2e.world import applied, until

if TYPE_CHECKING:
    from ringfence.local.estate import Estate
    from ringfence.local.inspection import Portrait
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
        spared("CreateSnapshots"),
        broken("ec2"),
        broken("iam", "ServiceFailure"),
        broken("elbv2"),
        broken("dynamodb", "InternalServerError"),
    ),
    "reset connections": (
        not_arrived("CreateSnapshots"),
        spared("CreateSnapshots"),
        cut("ec2"),
        cut("iam"),
        cut("dynamodb"),
    ),
    "the lost answer to a transaction": (lost("TransactWriteItems"),),
    "the lost answer to the snapshots": (lost("CreateSnapshots"),),
    "the lost answer to every change": tuple(lost(operation) for operation in CHANGES),
}
"""Where one call in four fails, each run has others. If `CreateSnapshots` is one of them, the response
waits a minute until a look proves that no set was taken. So one kind always fails the first of these calls.
"""


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


def test_evidence_and_identity_are_secured_beside_an_interface_that_ec2_refuses_for_good(
    faulty: World, proxy: Proxy
) -> None:
    """Interface 0 is isolated, so health checks would soon have the instance terminated with its volumes.

    Nothing is called contained until the other interface is isolated as well.
    """
    estate, inspector = faulty.builder().estate(), faulty.inspector()
    _, second = estate.web.interfaces

    def state() -> Portrait:
        found = inspector.portrait(estate.web, estate.role)
        return {aspect: found[aspect] for aspect in WANTED}

    with proxy.injecting(refused(second)):
        faulty.send(estate.web)
        until(lambda: state() == WANTED, "evidence and identity are secured", 90)
        assert proxy.fired(), "the interface was refused"
        groups = inspector.portrait(estate.web, estate.role)
        assert groups["groups of interface 0"] == "ringfence-quarantine"
        assert groups["groups of interface 1"] != "ringfence-quarantine"
        until(lambda: faulty.history(estate.web).verified, "the log says what became of it", 60)
        assert not any(one.contained for one in faulty.history(estate.web).of(Verified))
    history = faulty.complete(estate.web, within=120)
    assert inspector.closed(estate.web)
    assert len(history.of(ContinuationStarted)) == 1
    assert set(applied(history).values()) == {1}, faulty.told(estate.web)


def capacity(world: World, estate: Estate) -> int:
    found = world.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[estate.scaling_group]
    )
    desired: int = found["AutoScalingGroups"][0]["DesiredCapacity"]
    return desired
