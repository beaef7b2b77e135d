"""What launched an instance, and will launch the next one like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ringfence.model.answers import tags
from ringfence.model.codec import value
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from ringfence.model.document import Document

GROUP_TAG, TEMPLATE_TAG = "aws:autoscaling:groupName", "aws:ec2launchtemplate:id"
"""Tags that AWS alone can set."""


@value
class Origin(InstanceObservation):
    """What launched an instance and will launch the next one like it.

    Attributes
    ----------
    group : str
        The Auto Scaling group; empty if there is none.
    template : str
        The id of the launch template; empty if there is none.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
    """

    group: str = ""
    template: str = ""

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read both from the instance's tags, without another call.

        https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
        """
        found = tags(instance)
        return cls(found.get(GROUP_TAG, ""), found.get(TEMPLATE_TAG, ""))

    def next_one(self, what: str) -> str:
        """Return what a person must change for the next instance. Empty if nothing."""
        if not self.group:
            return ""
        source = f"launch template {self.template}" if self.template else "launch template or configuration"
        return (
            f"Auto Scaling group {self.group} launches its next instance from its {source}: {what} there "
            "too, or the next instance has the same problem"
        )
