"""Steps that take an instance's identity away: its profile, and what its sessions of the role may do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.core.answers import accept
from ringfence.core.call import Call, Failed, Permission
from ringfence.core.codec import value
from ringfence.core.errors import Refused, Retryable
from ringfence.core.step import Done, State
from ringfence.facets.identity import (
    ASSOCIATED,
    NO_SUCH_ENTITY,
    ROLES,
    Association,
    HeldRole,
    Identity,
    Profile,
    Role,
    RoleStep,
    denial,
    denial_name,
)
from ringfence.facets.instance import NOT_FOUND

if TYPE_CHECKING:
    from ringfence.core.facet import Observed
    from ringfence.core.step import Changing, Names

_INSTANCES = ("arn:aws:ec2:{region}:{account}:instance/*",)
NOT_EDITABLE = ("LimitExceeded", "UnmodifiableEntity")
"""IAM's refusals: the role's inline policies are full, or the role is AWS's own."""


class _ProfileStep(RoleStep):
    """Detaching and attaching: two ways along one road."""

    instance_id: str
    association_id: str
    before: Profile | None
    after: Profile | None

    facet: ClassVar = Identity

    @property
    def target(self) -> str:
        """The instance's profile."""
        return f"instance/{self.instance_id}/instance-profile"

    @property
    def held(self) -> Role | None:
        """The role in the profile."""
        profile = self.before or self.after
        return profile.role if profile else None

    def state(self, observed: Observed) -> State:
        """Compare the profile; associations come and go with a delay."""
        seen = observed[Identity]
        if seen.settling():
            return State.SETTLING
        now = seen.associations[0].profile.arn if seen.associations else None
        if now == (self.after.arn if self.after else None):
            return State.AFTER
        return State.BEFORE if now == (self.before.arn if self.before else None) else State.DRIFTED

    def found(self, observed: Observed) -> str:
        """Name the profile that is there."""
        return ", ".join(one.profile.arn for one in observed[Identity].associations) or "none"

    def effect(self, observed: Observed) -> Observed:
        """Replace the association; the role stays known from this step."""
        made = (Association(self.association_id, self.after, ASSOCIATED),) if self.after else ()
        gone = self.association_id if self.before else ""
        kept = tuple(one for one in observed[Identity].associations if one.id != gone)
        return observed.seen(replace(observed[Identity], associations=(*kept, *made)))


@value
class DetachInstanceProfile(_ProfileStep):
    """Take the instance profile away. Credentials that were handed out stay valid until they end."""

    instance_id: str
    association_id: str
    before: Profile
    after: None

    permissions: ClassVar = (Permission("ec2:DisassociateIamInstanceProfile", _INSTANCES),)
    _GONE: ClassVar = ("InvalidAssociationID.NotFound",)

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Disassociate it; an association that is not there any more is what was wanted."""
        (answer,) = yield (
            Call(
                "ec2",
                "DisassociateIamInstanceProfile",
                {"AssociationId": self.association_id},
                expected=self._GONE,
            ),
        )
        return Done(note="somebody else had done it" if isinstance(answer, Failed) else "")

    def words(self) -> str:
        """Say what is taken away."""
        return f"detach instance profile {self.before.name} from {self.instance_id}"


@value
class AttachInstanceProfile(_ProfileStep):
    """Give the instance its profile back."""

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
    _REFUSED: ClassVar = (*NO_SUCH_ENTITY, "InvalidParameterValue", "InvalidIamInstanceProfile.NotFound")
    _TAKEN: ClassVar = "IncorrectState"

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Associate it.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
        """
        (answer,) = yield (
            Call(
                "ec2",
                "AssociateIamInstanceProfile",
                {"InstanceId": self.instance_id, "IamInstanceProfile": {"Arn": self.after.arn}},
                expected=(*NOT_FOUND, *self._REFUSED, self._TAKEN),
            ),
        )
        if isinstance(answer, Failed) and answer.code == self._TAKEN:
            raise Retryable(f"{answer.code}: {answer.message}")
        accept(answer, gone=NOT_FOUND, refused=self._REFUSED)
        return Done()

    def words(self) -> str:
        """Say what is given back."""
        return f"attach instance profile {self.after.name} to {self.instance_id}"


DetachInstanceProfile.inverse_type = AttachInstanceProfile


def detach(instance_id: str, association: Association) -> DetachInstanceProfile:
    """Return the step that ends an association."""
    return DetachInstanceProfile(instance_id, association.id, association.profile, None)


class _DenialStep(RoleStep):
    """Denying and allowing: two ways along one road."""

    instance_id: str
    role: Role
    before: bool
    after: bool

    facet: ClassVar = Identity

    @property
    def target(self) -> str:
        """The inline policy on the role that is about this instance."""
        return f"role/{self.role.id}/{denial_name(self.instance_id)}"

    @property
    def held(self) -> Role | None:
        """The role."""
        return self.role

    def state(self, observed: Observed) -> State:
        """Look whether the policy is there, word for word."""
        held = observed[Identity].role(self.role)
        if held is None:
            return State.GONE
        return State.AFTER if held.denied == self.after else State.BEFORE

    def effect(self, observed: Observed) -> Observed:
        """Put the policy there or take it away."""
        seen = observed[Identity]
        roles = tuple(
            HeldRole(one.role, self.after) if one.role.id == self.role.id else one for one in seen.roles
        )
        return observed.seen(replace(seen, roles=roles))

    def change(self) -> tuple[str, str]:
        """Say what the sessions may do."""
        before, after = (
            "nothing" if denied else "what the role allows" for denied in (self.before, self.after)
        )
        return before, after


@value
class DenyInstanceSessions(_DenialStep):
    """Deny everything to this instance's sessions of the role, whenever issued; nobody else's are touched."""

    instance_id: str
    role: Role
    before: bool
    after: bool

    permissions: ClassVar = (Permission("iam:PutRolePolicy", (ROLES,)),)

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Put the policy; refused where the role's inline policies are full or AWS's own."""
        (answer,) = yield (
            Call(
                "iam",
                "PutRolePolicy",
                {
                    "RoleName": self.role.name,
                    "PolicyName": denial_name(self.instance_id),
                    "PolicyDocument": json.dumps(denial(self.role, self.instance_id)),
                },
                expected=(*NO_SUCH_ENTITY, *NOT_EDITABLE),
            ),
        )
        accept(answer, gone=NO_SUCH_ENTITY, refused=NOT_EDITABLE)
        return Done()

    def words(self) -> str:
        """Say whose sessions are denied what."""
        return f"deny everything to {self.instance_id}'s sessions of role {self.role.name}"


@value
class AllowInstanceSessions(_DenialStep):
    """Take the denial back."""

    instance_id: str
    role: Role
    before: bool
    after: bool

    permissions: ClassVar = (Permission("iam:DeleteRolePolicy", (ROLES,)),)
    inverse_type: ClassVar = DenyInstanceSessions

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Delete the policy; one that is not there any more is what was wanted."""
        return (yield from delete_role_policy(self.role, denial_name(self.instance_id)))

    def words(self) -> str:
        """Say whose sessions may work again."""
        return f"allow {self.instance_id}'s sessions of role {self.role.name} again"


DenyInstanceSessions.inverse_type = AllowInstanceSessions


def delete_role_policy(role: Role, name: str) -> Changing:
    """Delete an inline policy of a role."""
    (answer,) = yield (
        Call(
            "iam",
            "DeleteRolePolicy",
            {"RoleName": role.name, "PolicyName": name},
            expected=(*NO_SUCH_ENTITY, *NOT_EDITABLE),
        ),
    )
    if isinstance(answer, Failed) and answer.code not in NO_SUCH_ENTITY:
        raise Refused(f"{answer.code}: {answer.message}")
    return Done(note="it was not there any more" if isinstance(answer, Failed) else "")
