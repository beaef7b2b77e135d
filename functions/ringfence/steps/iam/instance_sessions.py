"""Steps on what one instance's sessions of a role may do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State
from ringfence.observations.iam.identity import ROLES, HeldRole, Identity, Role, RoleStep, denial, denial_name
from ringfence.steps.iam.role_policies import delete_role_policy, put_role_policy

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


class _DenialStep(RoleStep):
    """What denying and allowing have in common."""

    instance_id: str
    role: Role
    before: bool
    after: bool

    observation: ClassVar = Identity
    survives_subject: ClassVar = True

    @property
    def target(self) -> str:
        """The inline policy on the role that is about this instance."""
        return f"role/{self.role.id}/{denial_name(self.instance_id)}"

    @property
    def held(self) -> Role | None:
        """The role."""
        return self.role

    def state(self, observed: ResourceState) -> State:
        """Compare the document of the policy."""
        held = observed[Identity].role(self.role)
        if held is None:
            return State.GONE
        return State.AFTER if held.denied == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the policy."""
        seen = observed[Identity]
        roles = tuple(
            HeldRole(one.role, self.after) if one.role.id == self.role.id else one for one in seen.roles
        )
        return observed.with_observation(replace(seen, roles=roles))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        before, after = (
            "nothing" if denied else "what the role allows" for denied in (self.before, self.after)
        )
        return before, after


@value
class DenyInstanceSessions(_DenialStep):
    """Deny all access to this instance's sessions of the role. Other sessions keep their access.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    role : Role
        The role.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """

    instance_id: str
    role: Role
    before: bool
    after: bool

    permissions: ClassVar = (Permission("iam:PutRolePolicy", (ROLES,)),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the policy; refused where the role's inline policies are full or AWS's own."""
        document = denial(self.role, self.instance_id)
        return (yield from put_role_policy(self.role, denial_name(self.instance_id), document))

    def describe(self) -> str:
        """Describe the change."""
        return f"deny everything to {self.instance_id}'s sessions of role {self.role.name}"


@value
class AllowInstanceSessions(_DenialStep):
    """Take the denial back.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    """

    instance_id: str
    role: Role
    before: bool
    after: bool

    permissions: ClassVar = (Permission("iam:DeleteRolePolicy", (ROLES,)),)
    inverse_type: ClassVar = DenyInstanceSessions

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete the policy; one that is not there any more is what was wanted."""
        return (yield from delete_role_policy(self.role, denial_name(self.instance_id)))

    def describe(self) -> str:
        """Describe the change."""
        return f"allow {self.instance_id}'s sessions of role {self.role.name} again"


DenyInstanceSessions.inverse_type = AllowInstanceSessions
