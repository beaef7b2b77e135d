"""The steps on a quarantine group that is created before an instance of its VPC is isolated."""

from __future__ import annotations

from typing import ClassVar

from ringfence.model.codec import value
from ringfence.observations.ec2.vpc_groups import VpcGroups
from ringfence.steps.ec2.own_groups import CreateOwnGroup, EmptyQuarantineGroup


@value
class PrepareOwnGroup(CreateOwnGroup):
    """Create a security group of Ringfence in a VPC ahead.

    Attributes
    ----------
    vpc_id : str
        The VPC.
    role : str
        What the group is for.
    name : str
        The name of the group.
    account : str
        The account that will own it.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    """

    observation: ClassVar = VpcGroups

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return f"the group counts towards the quota of security groups of {self.vpc_id}'s account and region"


@value
class EmptyPreparedGroup(EmptyQuarantineGroup):
    """Revoke every rule of a quarantine group that no instance needs yet, by rule id.

    Attributes
    ----------
    vpc_id : str
        The VPC of the group.
    rules : int
        How many rules it has.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
    """

    observation: ClassVar = VpcGroups

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return "what uses the group has no network connections"
