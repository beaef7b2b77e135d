"""Steps on all sessions of a role that a principal used."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import counted
from ringfence.observations.iam.identity import Role  # noqa: TC001 - likewise
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.steps.iam.role_sessions import Allowing, RevocationStep, Revoking, named

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.observations.iam.role_sessions import RoleUse


class _OfUsedRole(RevocationStep):
    """What differs from the steps on an instance's role: where the role is looked for."""

    observation: ClassVar = UsedRoles

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        return observed[UsedRoles].role(role)

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the policy."""
        seen = observed[UsedRoles]
        roles = tuple(replace(one, use=self.changed(one.use)) for one in seen.roles)
        return observed.with_observation(replace(seen, roles=roles))


@value
class RevokeUsedRole(_OfUsedRole, Revoking):
    """Deny all access to every session of the role that was issued before a time.

    `others` are the instances, functions and tasks that were found to use the role: the blast radius.

    Attributes
    ----------
    role : Role
        The role.
    instant : datetime
        Sessions that were issued earlier are denied, in UTC and whole seconds.
    others : tuple of str
        The other instances of the region that use the role.
    holder : str
        What distinguishes the policy from those of other incidents.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """

    role: Role
    instant: datetime
    others: tuple[str, ...]
    before: bool
    after: bool
    holder: str = ""

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return (
            f"{counted(len(self.others), 'other user')} of the role found{named(self.others)}: no access "
            "until new credentials arrive; people, other accounts and unread regions are not counted"
        )


@value
class AllowUsedRole(_OfUsedRole, Allowing):
    """Remove the revocation.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    """

    role: Role
    instant: datetime
    others: tuple[str, ...]
    before: bool
    after: bool
    holder: str = ""

    inverse_type: ClassVar = RevokeUsedRole


RevokeUsedRole.inverse_type = AllowUsedRole
