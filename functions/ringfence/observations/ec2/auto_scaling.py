"""The Auto Scaling group that an instance is in, if any."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document, first
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

IN_SERVICE, STANDBY, OUT = "InService", "Standby", ""
_LEFT = ("Detached", "Terminated")
_PASSING = ("Pending", "Detaching", "EnteringStandby", "Terminating")
"""Beginnings of the names of states that pass by themselves, such as `Terminating:Wait`."""


@value
class Scaling(Observation):
    """Membership in an Auto Scaling group.

    Attributes
    ----------
    group : str
        The group's name; empty for an instance that is in none.
    state : str
        The lifecycle state in the group, such as `InService`; empty outside of groups.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html
    """

    group: str = ""
    state: str = OUT

    permissions: ClassVar = (
        Permission(
            "autoscaling:DescribeAutoScalingInstances",
            ("*",),
            reason="Auto Scaling's Describe actions have no resource types",
        ),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the membership.

        https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
        """
        (answer,) = yield (describe_membership(ref.id),)
        return cls.of_answer(answer)

    @classmethod
    def of_answer(cls, answer: Answer) -> Self:
        """Return the membership that an answer to `describe_membership` shows."""
        found = first(document(answer).children("AutoScalingInstances"))
        if found is None or found.text("LifecycleState") in _LEFT:
            return cls()
        return cls(found.text("AutoScalingGroupName"), found.text("LifecycleState"))

    @property
    def passing(self) -> bool:
        """Whether the state passes by itself."""
        return self.state.startswith(_PASSING)

    @property
    def place(self) -> str:
        """Where the instance is: out, on standby, or where the group may replace or terminate it."""
        return self.state if self.state in {OUT, STANDBY} else IN_SERVICE

    def settling(self) -> str:
        """Report that the group is moving the instance."""
        return f"Auto Scaling group {self.group} has it {self.state}" if self.passing else ""


def describe_membership(instance_id: str) -> Call:
    """Return the call that shows the group of an instance."""
    return Call("autoscaling", "DescribeAutoScalingInstances", {"InstanceIds": [instance_id]})
