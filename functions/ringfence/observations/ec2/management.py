"""Which instance profile an instance has, and whether there is one that may be given to it.

The profile for Session Manager's administration has a fixed name, and so has the role in it: what may be
passed to an instance is written down in a permission. Its owner makes both, without a path, from the managed
policy AmazonSSMManagedInstanceCore.
https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.iam.identity import (
    Association,
    Profile,
    associations_in,
    describe_associations,
    passing,
    profile_in,
)
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY

if TYPE_CHECKING:
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

NAME = "ringfence-ssm"
"""The name of the profile and of the role in it."""
PROFILE_ARN = f"arn:aws:iam::{{account}}:instance-profile/{NAME}"
ROLE_ARN = f"arn:aws:iam::{{account}}:role/{NAME}"
_UNREADABLE = ("AccessDenied", "AccessDeniedException")
"""What is answered, too, for a profile of the name that has a path."""


@value
class Management(Observation):
    """The profile that an instance has, and the profile for Session Manager that it may be given.

    Attributes
    ----------
    associations : tuple of Association
        The associations with a profile; at most one, unless one is being replaced.
    offered : Profile or None
        The profile that may be attached; None if the account has none.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
    """

    associations: tuple[Association, ...] = ()
    offered: Profile | None = None

    permissions: ClassVar = (
        *ec2_describes("IamInstanceProfileAssociations"),
        Permission("iam:GetInstanceProfile", (PROFILE_ARN,)),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read both side by side."""
        described, found = yield (
            describe_associations(ref.id),
            Call(
                "iam",
                "GetInstanceProfile",
                {"InstanceProfileName": NAME},
                expected=(*NO_SUCH_ENTITY, *_UNREADABLE),
            ),
        )
        associations = tuple(
            Association(id_, Profile(arn, None), state)
            for id_, arn, state in associations_in(document(described))
        )
        return cls(associations, None if isinstance(found, Failed) else _offered(found, ref))

    def settling(self) -> str:
        """Report that a profile is coming or going."""
        return passing(self.associations)


def _offered(found: Document, ref: Ref) -> Profile | None:
    """Return the profile if it holds the role that may be passed, and no other."""
    arn = found.child("InstanceProfile").text("Arn")
    profile = profile_in(arn, found)
    role = profile.role
    right = arn == PROFILE_ARN.format(account=ref.account) and role and (role.name, role.path) == (NAME, "/")
    return profile if right else None
