"""Where an instance is, its tags, and how large its groups are: for rules of caution and limits.

This module is imported before the isolating call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document, first, tags
from ringfence.model.call import Call, Permission
from ringfence.model.codec import value
from ringfence.model.observation import Sized
from ringfence.model.traits import Traits
from ringfence.observations.ec2.instance import (
    InstanceObservation,
    describe_instance,
    described_instance,
    ec2_describes,
)

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_GROUP = "aws:autoscaling:groupName"
_IN_SERVICE = "InService"


@value
class Placement(InstanceObservation):
    """The Auto Scaling group, the VPC and the tags of an instance.

    Attributes
    ----------
    group : str
        The Auto Scaling group, by the tag that Auto Scaling writes; empty for none.
    vpc : str
        The id of the VPC; empty for none.
    labels : tuple of (str, str)
        The tags.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
    """

    group: str = ""
    vpc: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    def traits(self) -> Traits:
        """Return what rules of caution match on."""
        return Traits(self.group, self.vpc, self.labels)

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read it from the instance."""
        given = tags(instance)
        vpc = instance.optional_text("VpcId") or ""
        return cls(given.get(_GROUP, ""), vpc, tuple(sorted(given.items())))


@value
class GroupSize(Sized):
    """How many instances the Auto Scaling group of an instance has and is to have: the smaller number.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
    """

    permissions: ClassVar = tuple(
        Permission(
            f"autoscaling:{name}", ("*",), reason="Auto Scaling's Describe actions have no resource types"
        )
        for name in ("DescribeAutoScalingInstances", "DescribeAutoScalingGroups")
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the group of the instance, and then its desired capacity and what is in service."""
        (answer,) = yield (Call("autoscaling", "DescribeAutoScalingInstances", {"InstanceIds": [ref.id]}),)
        member = first(document(answer).children("AutoScalingInstances"))
        if member is None:
            return cls()
        named = {"AutoScalingGroupNames": [member.text("AutoScalingGroupName")]}
        (answer,) = yield (Call("autoscaling", "DescribeAutoScalingGroups", named),)
        group = first(document(answer).children("AutoScalingGroups"))
        if group is None:
            return cls()
        states = (one.optional_text("LifecycleState") for one in group.children("Instances"))
        return cls(min(group.integer("DesiredCapacity"), sum(one == _IN_SERVICE for one in states)))


@value
class RoleSize(Sized):
    """How many instances of the region run with the instance profile of an instance.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
    """

    permissions: ClassVar = ec2_describes("Instances")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the instance, and then those with the same instance profile."""
        (answer,) = yield (describe_instance(ref.id),)
        profile = described_instance(answer, ref).optional_child("IamInstanceProfile").optional_text("Arn")
        if not profile:
            return cls()
        filters = [
            {"Name": "iam-instance-profile.arn", "Values": [profile]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
        (answer,) = yield (Call("ec2", "DescribeInstances", {"Filters": filters}, pages=True),)
        reservations = document(answer).children("Reservations")
        return cls(sum(1 for one in reservations for _ in one.children("Instances")))
