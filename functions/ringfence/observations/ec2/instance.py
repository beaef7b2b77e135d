"""The one look at the instance itself, which many facets share: equal calls are made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission
from ringfence.model.errors import NotFound

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
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


def describe_instance(ref: Ref) -> Call:
    """Return the call that describes the instance."""
    return Call("ec2", "DescribeInstances", {"InstanceIds": [ref.id]}, expected=NOT_FOUND)


def described_instance(answer: Answer, ref: Ref) -> Document:
    """Return the instance in the answer; raises NotFound where it does not exist or is being terminated."""
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
