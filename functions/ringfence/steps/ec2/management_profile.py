"""Giving an instance without a profile the one for Session Manager, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, Step
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.management import ROLE_ARN, Management
from ringfence.observations.iam.identity import (
    ASSOCIATED,
    Association,
    Profile,
    associations_in,
    describe_associations,
)
from ringfence.steps.ec2.instance_profile import associate, named, standing

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names, State

_INSTANCES = ("arn:aws:ec2:{region}:{account}:instance/*",)
_OVER = ("InvalidAssociationID.NotFound",)


class _ManagementStep(Step):
    """What giving and taking have in common."""

    instance_id: str
    before: Profile | None
    after: Profile | None

    observation: ClassVar = Management

    @property
    def target(self) -> str:
        """The instance's profile."""
        return f"instance/{self.instance_id}/instance-profile"

    def state(self, observed: ResourceState) -> State:
        """Compare the profile."""
        return standing(observed[Management], self.before, self.after)

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return named(observed[Management])

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the association, whose id only the service knows."""
        made = (Association("", Profile(self.after.arn, None), ASSOCIATED),) if self.after else ()
        return observed.with_observation(replace(observed[Management], associations=made))


@value
class AttachManagementProfile(_ManagementStep):
    """Attach the profile for Session Manager. EC2 refuses if another one is attached.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
    """

    instance_id: str
    before: None
    after: Profile

    permissions: ClassVar = (
        Permission("ec2:AssociateIamInstanceProfile", _INSTANCES),
        Permission(
            "iam:PassRole",
            (ROLE_ARN,),
            (("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com",)),),
            implied=True,
        ),
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Associate it."""
        return (yield from associate(self.instance_id, self.after))

    def describe(self) -> str:
        """Describe the change."""
        return f"attach instance profile {self.after.name} to {self.instance_id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return f"all software on the instance can use the credentials of role {self.after.name}"


@value
class DetachManagementProfile(_ManagementStep):
    """Detach the profile for Session Manager, and no other.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html
    """

    instance_id: str
    before: Profile
    after: None

    permissions: ClassVar = (
        *ec2_describes("IamInstanceProfileAssociations"),
        Permission("ec2:DisassociateIamInstanceProfile", _INSTANCES),
    )
    inverse_type: ClassVar = AttachManagementProfile

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Find the association and end it. No association is success."""
        (described,) = yield (describe_associations(self.instance_id),)
        ours = [id_ for id_, arn, _ in associations_in(document(described)) if arn == self.before.arn]
        if not ours:
            return Done(note="somebody else had already done it")
        (answer,) = yield (
            Call("ec2", "DisassociateIamInstanceProfile", {"AssociationId": ours[0]}, expected=_OVER),
        )
        return Done(note="somebody else had already done it" if isinstance(answer, Failed) else "")

    def describe(self) -> str:
        """Describe the change."""
        return f"detach instance profile {self.before.name} from {self.instance_id}"


AttachManagementProfile.inverse_type = DetachManagementProfile
