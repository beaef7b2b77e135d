"""How an instance's life can end: its state, what it runs on, and what protects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import (
    NOT_FOUND,
    describe_instance,
    described_instance,
    ec2_describes,
    state_of,
)

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

RUNNING, STOPPED = "running", "stopped"
MOVING = ("pending", "stopping")
"""States that pass by themselves."""
STOP, TERMINATE = "stop", "terminate"
"""What a shutdown from inside the instance does."""


@value
class Lifecycle(Observation):
    """The state of an instance and the attributes that decide how it can end.

    Attributes
    ----------
    state : str
        EC2's word, such as `running`.
    spot : bool
        Whether it is a Spot instance, which cannot be protected.
    instance_store_root : bool
        Whether its root is on an instance store: then it cannot be stopped.
    protected : bool
        Whether termination protection is on.
    on_shutdown : str
        What a shutdown from inside does: `stop` or `terminate`.
    stop_protected : bool
        Whether stop protection is on.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html
    """

    state: str
    spot: bool
    instance_store_root: bool
    protected: bool
    on_shutdown: str
    stop_protected: bool = False

    permissions: ClassVar = (
        *ec2_describes("Instances"),
        Permission("ec2:DescribeInstanceAttribute", ("arn:aws:ec2:{region}:{account}:instance/*",)),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the instance and three of its attributes side by side.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html
        """
        described, protection, shutdown, stopping = yield (
            describe_instance(ref.id),
            _attribute(ref, "disableApiTermination"),
            _attribute(ref, "instanceInitiatedShutdownBehavior"),
            _attribute(ref, "disableApiStop"),
        )
        instance = described_instance(described, ref)
        protected = accept(protection, not_found=NOT_FOUND).optional_child("DisableApiTermination")
        on_shutdown = accept(shutdown, not_found=NOT_FOUND).optional_child(
            "InstanceInitiatedShutdownBehavior"
        )
        return cls(
            state=state_of(instance),
            spot=instance.optional_text("InstanceLifecycle") == "spot",
            instance_store_root=instance.optional_text("RootDeviceType") == "instance-store",
            protected=protected.flag("Value"),
            on_shutdown=on_shutdown.optional_text("Value") or STOP,
            stop_protected=accept(stopping, not_found=NOT_FOUND)
            .optional_child("DisableApiStop")
            .flag("Value"),
        )

    def settling(self) -> str:
        """Report that the instance is starting or stopping."""
        return f"the instance is {self.state}" if self.state in MOVING else ""


def _attribute(ref: Ref, name: str) -> Call:
    return Call(
        "ec2", "DescribeInstanceAttribute", {"InstanceId": ref.id, "Attribute": name}, expected=NOT_FOUND
    )
