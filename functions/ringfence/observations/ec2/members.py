"""List the target groups of all instances of an account and region, for the limits on target groups.

The first read of an instance does not show them, and isolation must not wait for a further read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed
from ringfence.model.frozen import frozen
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.reviews import Listed, Review
from ringfence.model.step import counted
from ringfence.observations.ec2.instance import OVER, state_of
from ringfence.observations.ec2.target_groups import GONE, Targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document

MOST, AT_ONCE = 1000, 20
"""Target groups whose targets are read in one look, and how many of them at a time."""
MOST_GROUPS = 10
"""Target groups of one instance that count. One with more of them also counts as one of an unknown group."""
_HEALTHY = "healthy"
_TYPES = ("instance", "ip")


@frozen
class Member:
    """An instance, its VPCs, and its target groups with their sizes."""

    ref: InstanceRef
    vpcs: frozenset[str] = frozenset()
    groups: tuple[tuple[str, int], ...] = ()


@frozen
class ListedMembers(Listed):
    """The instances of an account and region, without those of VPCs whose groups were not all read."""

    members: tuple[Member, ...] = ()


@frozen
class _Group:
    """A target group: its name, ARN and VPC."""

    name: str
    arn: str
    vpc: str


def registered(account: str, region: str) -> SansIO[Listed]:
    """List the instances with their target groups.

    The size of a group is the number of its healthy targets. Nobody enlarges it by registering targets that
    do not answer. A target is an instance, or an address of an instance in the VPC of the group.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
    """
    instances, answer = yield (
        Call("ec2", "DescribeInstances", pages=True),
        Call("elbv2", "DescribeTargetGroups", pages=True),
    )
    groups = tuple(_groups(document(answer)))
    found: dict[str, tuple[_Group, frozenset[str], int]] = {}
    for start in range(0, min(len(groups), MOST), AT_ONCE):
        some = groups[start : min(start + AT_ONCE, MOST)]
        answers = yield tuple(
            Call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": one.arn}, expected=GONE) for one in some
        )
        for one, health in zip(some, answers, strict=True):
            found[one.arn] = (one, *_targets(health))
    left = frozenset(one.vpc for one in groups[MOST:])
    unread = (f"not read: {counted(len(groups) - MOST, 'target group')}",) if left else ()
    ours = (one for one in _instances(document(instances)) if left.isdisjoint(_vpcs(one)))
    members = tuple(
        _member(InstanceRef(account, region, one.text("InstanceId")), one, found.values()) for one in ours
    )
    return ListedMembers(tuple(one.ref for one in members), unread, members)


TARGET_GROUPS = Review("target-groups", "rate(1 hour)", registered, Targets.permissions)
"""The look at all target groups of an account and region."""


def _groups(described: Document) -> Iterator[_Group]:
    """Yield the target groups of instances and addresses, those of VPCs with few of them first."""
    found = [
        _Group(one.text("TargetGroupName"), one.text("TargetGroupArn"), one.optional_text("VpcId") or "")
        for one in described.children("TargetGroups")
        if one.optional_text("TargetType") in _TYPES
    ]
    many = Counter(one.vpc for one in found)
    yield from sorted(found, key=lambda one: (many[one.vpc], one.vpc, one.name))


def _targets(answer: Answer) -> tuple[frozenset[str], int]:
    """Return the ids and addresses of the targets, and how many are healthy."""
    if isinstance(answer, Failed):  # deleted since it was listed
        return frozenset(), 0
    states: dict[str, set[str]] = defaultdict(set)
    for one in answer.children("TargetHealthDescriptions"):
        state = one.optional_child("TargetHealth").optional_text("State") or ""
        states[one.child("Target").text("Id")].add(state)
    return frozenset(states), sum(_HEALTHY in one for one in states.values())


def _instances(described: Document) -> Iterator[Document]:
    for reservation in described.children("Reservations"):
        yield from (one for one in reservation.children("Instances") if state_of(one) not in OVER)


def _vpcs(instance: Document) -> frozenset[str]:
    found = (one.optional_text("VpcId") for one in instance.children("NetworkInterfaces"))
    return frozenset(filter(None, (instance.optional_text("VpcId"), *found)))


def _member(
    ref: InstanceRef, instance: Document, groups: Iterable[tuple[_Group, frozenset[str], int]]
) -> Member:
    vpcs = _vpcs(instance)
    ours = frozenset({ref.id, *_addresses(instance)})
    found = sorted(
        (group.name, size)
        for group, targets, size in groups
        if group.vpc in vpcs and not ours.isdisjoint(targets)
    )
    if len(found) > MOST_GROUPS:
        more = [(f"unknown/{vpc}", 0) for vpc in sorted(vpcs)][:1]
        found = [*found[: MOST_GROUPS - 1], *more]
    return Member(ref, vpcs, tuple(found))


def _addresses(instance: Document) -> Iterator[str]:
    for interface in instance.children("NetworkInterfaces"):
        for address in interface.children("PrivateIpAddresses"):
            yield address.text("PrivateIpAddress")
        for address in interface.children("Ipv6Addresses"):
            yield address.text("Ipv6Address")
