"""The load balancers' target groups that an instance is registered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.model.step import counted
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

MOST = 200
"""Target groups whose targets are read; in a VPC with more of them, the rest is reported as not looked at."""
GONE = ("TargetGroupNotFound",)


@value
class Target:
    """What a target group sends requests to: an instance id or an address, at a port."""

    id: str
    port: int

    @property
    def key(self) -> str:
        """The target in one word."""
        return f"{self.id}:{self.port}"


@value
class Registration:
    """The instance's targets in one target group; those `draining` get no new requests any more."""

    group: str
    targets: frozenset[Target]
    draining: frozenset[Target] = frozenset()


@value
class Targets(Observation):
    """Every registration of the instance, or of an address of its interfaces, in a target group.

    Attributes
    ----------
    registrations : tuple of Registration
        One for each target group.
    unread : int
        Target groups that were not read.
    elsewhere : int
        Target groups of addresses in other VPCs. They were not read either.

    References
    ----------
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
    """

    registrations: tuple[Registration, ...] = ()
    unread: int = 0
    elsewhere: int = 0

    permissions: ClassVar = (
        *ec2_describes("Instances"),
        *(
            Permission(
                f"elasticloadbalancing:Describe{what}",
                ("*",),
                reason="Elastic Load Balancing's Describe actions have no resource types",
            )
            for what in ("TargetGroups", "TargetHealth")
        ),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the target groups of the instance's VPCs, then their targets side by side.

        A group in another VPC may hold the same private address. Then it is another host's, unless the VPCs
        are peered, which no answer tells. So these groups are only counted.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
        """
        described, answer = yield (
            describe_instance(ref.id),
            Call("elbv2", "DescribeTargetGroups", pages=True),
        )
        instance = described_instance(described, ref)
        found = document(answer)
        groups = _groups(found, _vpcs(instance))
        asked, elsewhere = groups[:MOST], _elsewhere(found, _vpcs(instance))
        if not asked:
            return cls(elsewhere=elsewhere)
        answers = yield tuple(
            Call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group}, expected=GONE) for group in asked
        )
        ours = frozenset({ref.id, *_addresses(instance)})
        read = (_registration(group, one, ours) for group, one in zip(asked, answers, strict=True))
        return cls(
            tuple(one for one in read if one.targets or one.draining),
            len(groups) - len(asked),
            elsewhere,
        )

    def of(self, group: str) -> Registration:
        """Return the registration with a group, empty when there is none."""
        none = Registration(group, frozenset())
        return next((one for one in self.registrations if one.group == group), none)

    def settling(self) -> str:
        """Report that load balancers still let connections finish."""
        draining = sum(len(one.draining) for one in self.registrations)
        return f"{counted(draining, 'target is')} draining" if draining else ""


def _vpcs(instance: Document) -> frozenset[str]:
    interfaces = instance.children("NetworkInterfaces")
    found = {instance.optional_text("VpcId"), *(one.optional_text("VpcId") for one in interfaces)}
    return frozenset(vpc for vpc in found if vpc)


def _groups(described: Document, vpcs: frozenset[str]) -> list[str]:
    return sorted(
        group.text("TargetGroupArn")
        for group in described.children("TargetGroups")
        if group.optional_text("VpcId") in vpcs and group.optional_text("TargetType") in {"instance", "ip"}
    )


def _elsewhere(described: Document, vpcs: frozenset[str]) -> int:
    """Count the target groups of addresses in other VPCs. A peered VPC can be among them."""
    return sum(
        group.optional_text("TargetType") == "ip" and group.optional_text("VpcId") not in vpcs
        for group in described.children("TargetGroups")
    )


def _addresses(instance: Document) -> Iterator[str]:
    for interface in instance.children("NetworkInterfaces"):
        for address in interface.children("PrivateIpAddresses"):
            yield address.text("PrivateIpAddress")
        for address in interface.children("Ipv6Addresses"):
            yield address.text("Ipv6Address")


def _registration(group: str, answer: Answer, ours: frozenset[str]) -> Registration:
    if isinstance(answer, Failed):  # deleted since it was listed
        return Registration(group, frozenset())
    targets: set[Target] = set()
    draining: set[Target] = set()
    for health in answer.children("TargetHealthDescriptions"):
        described = health.child("Target")
        if described.text("Id") in ours:
            target = Target(described.text("Id"), described.integer("Port"))
            state = health.optional_child("TargetHealth").optional_text("State")
            (draining if state == "draining" else targets).add(target)
    return Registration(group, frozenset(targets), frozenset(draining))
