"""What launched an instance, and will launch the next one like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import tags
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

GROUP_TAG, TEMPLATE_TAG = "aws:autoscaling:groupName", "aws:ec2launchtemplate:id"
"""Tags that AWS alone can set."""


@value
class Origin(Observation):
    """The Auto Scaling group and the launch template, where there are any."""

    group: str = ""
    template: str = ""

    permissions: ClassVar = ec2_describes("Instances")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read both from the instance's tags: no call of its own.

        https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
        """
        (described,) = yield (describe_instance(ref),)
        found = tags(described_instance(described, ref))
        return cls(found.get(GROUP_TAG, ""), found.get(TEMPLATE_TAG, ""))

    def next_one(self, what: str) -> str:
        """Say what must be changed so that the next instance is not as this one was; empty where nothing."""
        if not self.group:
            return ""
        source = f"launch template {self.template}" if self.template else "launch template or configuration"
        return (
            f"Auto Scaling group {self.group} launches its next instance from its {source}: {what} there "
            "too, or the next instance has the same problem"
        )
