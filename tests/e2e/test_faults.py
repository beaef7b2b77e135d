"""With faults between the functions and AWS the end is the same, and nothing is done twice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ringfence.local.credential_findings import CredentialFinding
from ringfence.local.credentials_demo import is_over
from ringfence.local.demo import WANTED
from ringfence.local.principals import Principals
from ringfence.observations.ec2.network import NAMES, QUARANTINE, ROLE_TAG
from ringfence.record.facts import ContinuationStarted, Verified
from tests.e2e.faults import (
    broken,
    cut,
    kept_active,
    lost,
    no_group,
    not_arrived,
    out_of_reach,
    refused,
    spared,
    throttled,
    unreachable,
    unreadable,
    unseen,
)
from tests.e2e.world import Inbox, applied, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local.estate import Builder, Estate, Ground, Server
    from ringfence.local.inspection import Portrait
    from ringfence.local.principals import KeyHolder
    from ringfence.record.history import History
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


ANSWERS: dict[str, Callable[[str], Rule]] = {
    "an unknown code": partial(refused, code="SomethingThatNobodyKnows", status=400),
    "a refusal": partial(refused, code="OperationNotPermitted", status=400),
    "a denial": partial(refused, code="UnauthorizedOperation"),
    "throttling": partial(refused, code="RequestLimitExceeded", status=503),
    "a failure of the service": partial(refused, code="InternalError", status=500),
    "a part that is gone": partial(refused, code="InvalidNetworkInterfaceID.NotFound", status=400),
    "a connection that is reset": unreachable,
}
"""What EC2 answers to each isolation of the second interface: one answer of each kind that there is."""
NO_GROUPS = {
    "a full quota": ("SecurityGroupLimitExceeded", "quota-reached"),
    "names that are taken": ("InvalidGroup.Duplicate", "containment-prevented"),
}
"""The answer to each new security group in a VPC, and the notice that it causes."""


def launched(builder: Builder, kind: str, ground: Ground) -> Server:
    """Launch a server with a role of its own: no share of a role holds it back."""
    own = replace(builder, name=f"{builder.name}-{kind.replace(' ', '-')}")
    return own.launch(ground, own.name, own.profile())


def test_whatever_ec2_answers_to_the_isolation_evidence_and_identity_are_secured(
    faulty: World, proxy: Proxy
) -> None:
    """The first stage goes on beside them, and ends well when EC2 allows it. Nothing is contained before."""
    builder, inspector, inbox = faulty.builder(), faulty.inspector(), Inbox(faulty)
    ground, names = builder.ground(), (*ANSWERS, "unreadable")
    servers = {kind: launched(builder, kind, ground) for kind in names}
    rules = [ANSWERS[kind](servers[kind].interfaces[1]) for kind in ANSWERS]
    done = servers.pop("unreadable")
    rules.append(unreadable(done.interfaces[1]))
    for number, (kind, (code, _)) in enumerate(NO_GROUPS.items(), start=31):
        other = replace(builder, name=f"{builder.name}-{number}")
        servers[kind] = launched(builder, kind, other.ground(f"10.{number}"))
        rules.append(no_group(servers[kind].ground.vpc, code))
    assert faulty.deployment.look(*(one.ref for one in (*servers.values(), done)))

    def missing() -> dict[str, Portrait]:
        found = {one.name: inspector.portrait(one, f"{one.name}-server") for one in (*servers.values(), done)}
        return {name: one for name, one in found.items() if {**one, **WANTED} != one}

    with proxy.injecting(*rules):
        for server in (*servers.values(), done):
            faulty.send(server)
        until(lambda: not missing(), "evidence and identity are secured", 150)
        until(lambda: all(faulty.history(one).verified for one in servers.values()), "it is verified", 60)
        assert not any(inspector.closed(server) for server in servers.values())
        contained = [
            kind
            for kind, server in servers.items()
            if any(one.contained for one in faulty.history(server).of(Verified))
        ]
        assert not contained
        for kind, (_, notice) in NO_GROUPS.items():
            about = servers[kind].ref.id
            until(lambda: notice in kinds_of(inbox, about), f"{kind} is told", 60)  # noqa: B023 - called at once
    for server in (*servers.values(), done):
        history = faulty.complete(server, within=150)
        assert inspector.closed(server)
        assert set(applied(history).values()) == {1}, faulty.told(server)


def test_what_containment_must_see_may_be_unreadable_and_evidence_and_identity_are_secured(
    faulty: World, proxy: Proxy
) -> None:
    builder, inspector = faulty.builder(), faulty.inspector()
    profile = builder.profile()
    server = builder.launch(builder.ground(), builder.name, profile)

    def is_secured() -> bool:
        found = inspector.portrait(server, profile)
        return {**found, **WANTED} == found

    with proxy.injecting(unseen("DescribeSecurityGroups")):
        faulty.send(server)
        until(is_secured, "evidence and identity are secured", 90)
        until(lambda: faulty.history(server).verified, "the log says what became of it", 60)
        assert not inspector.closed(server)
        assert not any(one.contained for one in faulty.history(server).of(Verified))
    history = faulty.complete(server, within=150)
    assert inspector.closed(server)
    assert set(applied(history).values()) == {1}, faulty.told(server)


KEY_ANSWERS: dict[str, Callable[[str], Rule]] = {
    "an unknown code": partial(kept_active, code="SomethingThatNobodyKnows"),
    "a refusal": partial(kept_active, code="UnmodifiableEntity"),
    "a denial": partial(kept_active, code="AccessDenied", status=403),
    "throttling": partial(kept_active, code="Throttling"),
    "a failure of the service": partial(kept_active, code="ServiceFailure", status=500),
    "a part that is gone": partial(kept_active, code="NoSuchEntity", status=404),
    "a connection that is reset": out_of_reach,
}
"""What IAM answers to each deactivation of a key: one answer of each kind that there is."""


def test_whatever_iam_answers_to_the_deactivation_of_a_key_its_sessions_are_denied_and_evidence_is_kept(
    faulty: World, proxy: Proxy
) -> None:
    """The first stage goes on beside them, and ends well when IAM allows it. Nothing is contained before."""
    principals, name, region = Principals(faulty.local), faulty.builder().name, faulty.local.region
    holders = {kind: principals.holder(f"{name}-{number}") for number, kind in enumerate(KEY_ANSWERS)}

    def history(kind: str) -> History:
        return faulty.deployment.history(holders[kind].ref)

    def unfinished() -> list[str]:
        return [
            kind
            for kind in holders
            if not (is_denied(principals, holders[kind]) and has_evidence(history(kind)))
        ]

    with proxy.injecting(*(KEY_ANSWERS[kind](holder.leaked.key) for kind, holder in holders.items())):
        for holder in holders.values():
            faulty.deployment.send(CredentialFinding.of_key(holder, region))
        until(lambda: not unfinished(), "sessions are denied and evidence is kept", 150)
        assert len(proxy.fired()) >= len(holders), "each deactivation was refused"
        for kind, holder in holders.items():
            assert principals.status(holder, holder.leaked) == "Active"
            assert not any(one.contained for one in history(kind).of(Verified)), kind
            assert len(history(kind).of(ContinuationStarted)) == 1, kind
    for kind, holder in holders.items():
        until(lambda: is_over(history(kind).verified), f"{kind} is over", 150)  # noqa: B023 - called at once
        assert principals.status(holder, holder.leaked) == "Inactive"
        counts = applied(history(kind))
        assert {count for target, count in counts.items() if "ringfence-deny" not in target} == {1}, kind
        # The late deactivation moves the time until which sessions are denied, once.
        assert {count for target, count in counts.items() if "ringfence-deny" in target} <= {1, 2}, kind


def is_denied(principals: Principals, holder: KeyHolder) -> bool:
    """Return whether the user has a denial beside its own policy."""
    return any(one.startswith("ringfence-deny") for one in principals.policies(holder)["user"])


def has_evidence(history: History) -> bool:
    """Return whether the record says what the principal may do."""
    words = history.verified.exposure if history.verified else ()
    return any("inline policies: " in one for one in words)


def kinds_of(inbox: Inbox, about: str) -> set[str]:
    """Return the kinds of the notices about something."""
    return {form["kind"] for form in inbox.forms(about)}


def test_an_intruders_group_with_ringfences_name_and_tag_is_not_used(faulty: World) -> None:
    """Its owner could open it afterwards. It has no rules, so that it looks exactly like Ringfence's own."""
    builder, inspector, ec2 = faulty.builder(), faulty.inspector(), faulty.client("ec2")
    server = builder.launch(builder.ground(), builder.name)
    tags = [{"Key": ROLE_TAG, "Value": QUARANTINE}]
    adopted: str = ec2.create_security_group(
        GroupName=NAMES[QUARANTINE],
        Description=f"Ringfence {QUARANTINE}: do not edit",
        VpcId=server.ground.vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]
    (described,) = ec2.describe_security_groups(GroupIds=[adopted])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=adopted, IpPermissions=described["IpPermissionsEgress"])
    faulty.send(server)
    faulty.complete(server)
    assert inspector.closed(server)
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=list(server.interfaces))
    used = {group["GroupId"] for one in found["NetworkInterfaces"] for group in one["Groups"]}
    assert adopted not in used


def capacity(world: World, estate: Estate) -> int:
    found = world.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[estate.scaling_group]
    )
    desired: int = found["AutoScalingGroups"][0]["DesiredCapacity"]
    return desired
