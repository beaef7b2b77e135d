"""Where an instance is, and its tags: what the policy's rules of caution can match on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ringfence.model.answers import tags
from ringfence.model.codec import value
from ringfence.model.traits import Traits
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from ringfence.model.document import Document

_GROUP = "aws:autoscaling:groupName"


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
