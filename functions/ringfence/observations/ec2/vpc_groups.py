"""Ringfence's own security groups in one VPC, and the VPCs of an account in which instances run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, SansIO
from ringfence.model.codec import value
from ringfence.model.frozen import replace
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.reviews import Listed
from ringfence.observations.ec2.instance import OVER, ec2_describes, state_of
from ringfence.observations.ec2.network import NAMES, OwnGroup, SeesGroups, own_group
from ringfence.observations.ec2.vpc import describe_vpc, has_ipv6, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

REVIEW = "quarantine-groups"
REVIEW_PERMISSIONS = ec2_describes("Instances", "Vpcs")


@value
class VpcGroups(SeesGroups):
    """Ringfence's own security groups in a VPC.

    Attributes
    ----------
    owner : str
        The account that owns the VPC. Empty if the subject is no VPC.
    groups : tuple of OwnGroup
        Security groups with the names of Ringfence's own.
    proven : bool
        Whether Ringfence's own groups are those that it recorded. If False, name and tag alone say so.
    ipv6 : bool
        Whether the VPC has an IPv6 CIDR block. EC2 gives a new group a second rule there: all IPv6 egress.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
    """

    owner: str = ""
    groups: tuple[OwnGroup, ...] = ()
    proven: bool = True
    ipv6: bool = False

    permissions: ClassVar = ec2_describes("SecurityGroups", "Vpcs")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the VPC and the groups side by side: one round trip."""
        if not isinstance(ref, VpcRef):
            return cls()
        filters = {"vpc-id": [ref.id], "group-name": [f"{name}*" for name in NAMES.values()]}
        asked = {"Filters": [{"Name": name, "Values": each} for name, each in filters.items()]}
        described, found = yield (
            describe_vpc(ref.id),
            Call("ec2", "DescribeSecurityGroups", asked, pages=True),
        )
        groups = (own_group(one, ref.account) for one in document(found).children("SecurityGroups"))
        owner, ipv6 = owner_of(described, ref.id), has_ipv6(described)
        return cls(owner, tuple(filter(None, groups)), proven=False, ipv6=ipv6)

    def trusting(self, provided: Mapping[str, frozenset[str]], *, strict: bool) -> Self:
        """Take only those groups for ours that Ringfence recorded."""
        return (
            self if self.proven else replace(self, groups=self.trusted(provided, strict=strict), proven=True)
        )

    def with_groups(self, groups: tuple[OwnGroup, ...]) -> Self:
        """Return this with other groups."""
        return replace(self, groups=groups)

    def rules_at_birth(self) -> int:
        """Return how many rules EC2 gives a new group: one that allows all egress for each IP version."""
        return 2 if self.ipv6 else 1


def vpcs_with_instances(account: str, region: str) -> SansIO[Listed]:
    """List the account's own VPCs in which an instance has an interface.

    A VPC that another account shares is not listed: what exists in it is decided with its owner.
    """
    instances, vpcs = yield (
        Call("ec2", "DescribeInstances", pages=True),
        Call("ec2", "DescribeVpcs", pages=True),
    )
    own = {
        one.text("VpcId")
        for one in document(vpcs).children("Vpcs")
        if one.optional_text("OwnerId") == account
    }
    used = {
        vpc_id
        for reservation in document(instances).children("Reservations")
        for instance in reservation.children("Instances")
        if state_of(instance) not in OVER
        for vpc_id in _vpcs(instance)
    }
    return Listed(tuple(VpcRef(account, region, vpc_id) for vpc_id in sorted(own & used)))


def _vpcs(instance: Document) -> Iterator[str]:
    """Yield the VPCs of the interfaces. They can be in another VPC than their instance."""
    for interface in instance.children("NetworkInterfaces"):
        if vpc_id := interface.optional_text("VpcId"):
            yield vpc_id
