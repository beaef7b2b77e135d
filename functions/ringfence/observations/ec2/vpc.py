"""The call that describes a VPC. Observations share it: equal calls are made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import accept
from ringfence.model.call import Call
from ringfence.model.errors import NotFound

if TYPE_CHECKING:
    from ringfence.model.call import Answer

NO_VPC = ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed")
_ASSOCIATED = ("associating", "associated")


def describe_vpc(vpc_id: str) -> Call:
    """Return the call that describes the VPC."""
    return Call("ec2", "DescribeVpcs", {"VpcIds": [vpc_id]}, expected=NO_VPC)


def owner_of(described: Answer, vpc_id: str) -> str:
    """Return the account that owns the VPC; raises NotFound if the VPC does not exist."""
    for vpc in accept(described, not_found=NO_VPC).children("Vpcs"):
        return vpc.optional_text("OwnerId") or ""
    raise NotFound(f"{vpc_id} no longer exists")


def has_ipv6(described: Answer) -> bool:
    """Return whether an IPv6 CIDR block is associated with the VPC. EC2 still names one that no longer is.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcIpv6CidrBlockAssociation.html
    """
    return any(
        block.child("Ipv6CidrBlockState").text("State") in _ASSOCIATED
        for vpc in accept(described, not_found=NO_VPC).children("Vpcs")
        for block in vpc.children("Ipv6CidrBlockAssociationSet")
    )
