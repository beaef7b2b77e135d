"""Steps on the profile of an instance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Retryable
from ringfence.model.step import Done, State
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.iam.identity import (
    ASSOCIATED,
    ROLES,
    Association,
    Identity,
    Profile,
    Role,
    RoleStep,
)
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.observations.ec2.management import Management

_INSTANCES = ("arn:aws:ec2:{region}:{account}:instance/*",)
_REFUSED = (*NO_SUCH_ENTITY, "InvalidParameterValue", "InvalidIamInstanceProfile.NotFound")
_TAKEN = "IncorrectState"


def standing(seen: Identity | Management, before: Profile | None, after: Profile | None) -> State:
    """Say which profile an instance has; associations come and go with a delay."""
    if seen.settling():
        return State.SETTLING
    now = seen.associations[0].profile.arn if seen.associations else None
    if now == (after.arn if after else None):
        return State.AFTER
    return State.BEFORE if now == (before.arn if before else None) else State.DRIFTED


def named(seen: Identity | Management) -> str:
    """Name the profiles that are there, for a person."""
    return ", ".join(one.profile.arn for one in seen.associations) or "none"


class _ProfileStep(RoleStep):
    """What detaching and attaching have in common."""

    instance_id: str
    association_id: str
    before: Profile | None
    after: Profile | None

    observation: ClassVar = Identity

    @property
    def target(self) -> str:
        """The instance's profile."""
        return f"instance/{self.instance_id}/instance-profile"

    @property
    def held(self) -> Role | None:
        """The role in the profile."""
        profile = self.before or self.after
        return profile.role if profile else None

    def state(self, observed: ResourceState) -> State:
        """Compare the profile."""
        return standing(observed[Identity], self.before, self.after)

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return named(observed[Identity])

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the association; the role stays known from this step."""
        made = (Association(self.association_id, self.after, ASSOCIATED),) if self.after else ()
        gone = self.association_id if self.before else ""
        kept = tuple(one for one in observed[Identity].associations if one.id != gone)
        return observed.with_observation(replace(observed[Identity], associations=(*kept, *made)))


@value
class DetachInstanceProfile(_ProfileStep):
    """Detach the instance profile. Issued credentials stay valid until they expire.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    association_id : str
        The association that ends.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html
    """

    instance_id: str
    association_id: str
    before: Profile
    after: None

    permissions: ClassVar = (Permission("ec2:DisassociateIamInstanceProfile", _INSTANCES),)
    _GONE: ClassVar = ("InvalidAssociationID.NotFound",)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Disassociate it; an association that is not there any more is what was wanted."""
        (answer,) = yield (
            Call(
                "ec2",
                "DisassociateIamInstanceProfile",
                {"AssociationId": self.association_id},
                expected=self._GONE,
            ),
        )
        return Done(note="somebody else had already done it" if isinstance(answer, Failed) else "")

    def describe(self) -> str:
        """Describe the change."""
        return f"detach instance profile {self.before.name} from {self.instance_id}"


@value
class AttachInstanceProfile(_ProfileStep):
    """Attach the detached profile to the instance again.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
    """

    instance_id: str
    association_id: str
    before: None
    after: Profile

    permissions: ClassVar = (
        Permission("ec2:AssociateIamInstanceProfile", _INSTANCES),
        Permission(
            "iam:PassRole",
            (ROLES,),
            (("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com",)),),
            implied=True,
        ),
    )
    inverse_type: ClassVar = DetachInstanceProfile

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Associate it."""
        return (yield from associate(self.instance_id, self.after))

    def describe(self) -> str:
        """Describe the change."""
        return f"attach instance profile {self.after.name} to {self.instance_id}"


DetachInstanceProfile.inverse_type = AttachInstanceProfile


def associate(instance_id: str, profile: Profile) -> SansIO[Done]:
    """Give an instance a profile; it is tried again where there still, or by now, is another.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
    """
    (answer,) = yield (
        Call(
            "ec2",
            "AssociateIamInstanceProfile",
            {"InstanceId": instance_id, "IamInstanceProfile": {"Arn": profile.arn}},
            expected=(*NOT_FOUND, *_REFUSED, _TAKEN),
        ),
    )
    if isinstance(answer, Failed) and answer.code == _TAKEN:
        raise Retryable(f"{answer.code}: {answer.message}")
    accept(answer, not_found=NOT_FOUND, refused=_REFUSED)
    return Done()


def detach(instance_id: str, association: Association) -> DetachInstanceProfile:
    """Return the step that ends an association."""
    return DetachInstanceProfile(instance_id, association.id, association.profile, None)
