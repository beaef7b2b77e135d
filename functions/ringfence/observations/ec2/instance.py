"""The call that describes an instance. Many observations share it: equal calls are made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission
from ringfence.model.errors import NotFound
from ringfence.model.observation import Observation

if TYPE_CHECKING:
    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

NOT_FOUND = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
OVER = ("terminated", "shutting-down")
"""States in which nothing is left to contain."""


def ec2_describes(*what: str) -> tuple[Permission, ...]:
    """Return the permissions for EC2's Describe actions of these names."""
    return tuple(
        Permission(f"ec2:Describe{name}", ("*",), reason="EC2's Describe actions have no resource types")
        for name in what
    )


def describe_instance(id_: str) -> Call:
    """Return the call that describes an instance."""
    return Call("ec2", "DescribeInstances", {"InstanceIds": [id_]}, expected=NOT_FOUND)


def described_instance(answer: Answer, ref: Ref) -> Document:
    """Return the instance in the answer; raises NotFound if it does not exist or is being terminated."""
    for reservation in accept(answer, not_found=NOT_FOUND).children("Reservations"):
        for instance in reservation.children("Instances"):
            state = state_of(instance)
            if state in OVER:
                raise NotFound(f"{ref.id} is {state}")
            return instance
    raise NotFound(f"{ref.id} does not exist in {ref.region} of account {ref.account}")


def state_of(instance: Document) -> str:
    """Return the instance's state, such as `running`."""
    return instance.child("State").text("Name")


def state_in(described: Answer) -> str:
    """Return the state of the described instance. Empty if there is none."""
    if isinstance(described, Failed):
        return ""
    return next(
        (state_of(one) for each in described.children("Reservations") for one in each.children("Instances")),
        "",
    )


class InstanceObservation(Observation):
    """What DescribeInstances shows of an instance: all of these are read by one call.

    A subclass is a `@value` class that reads the description.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """

    permissions: ClassVar[tuple[Permission, ...]] = ec2_describes("Instances")

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read the description of the instance."""
        raise NotImplementedError

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Describe the instance.

        Raises
        ------
        NotFound
            Where the instance does not exist or is being terminated.
        """
        (described,) = yield (describe_instance(ref.id),)
        return cls.of_instance(described_instance(described, ref))
