"""Steps that remove revocations of a role's sessions whose time is over, which makes space for others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission, SansIO
from ringfence.model.codec import instant_text, value
from ringfence.model.step import Done, State
from ringfence.model.symbol import Ready
from ringfence.observations.iam.identity import ROLES, Role, RoleStep
from ringfence.observations.iam.role_sessions import Revocation, RoleSessions, RoleUse, revocation_name
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.steps.iam.role_policies import delete_role_policy
from ringfence.steps.iam.role_sessions import SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

MANY = 10
"""How many revocations a role has at least before one is removed. IAM has space for about 40."""


class EndRevocation(RoleStep):
    """Removing a revocation whose time is over. Subclasses know which observation shows the role."""

    role: Role
    instant: datetime
    holder: str

    irreversible: ClassVar = "the credentials that it denied have expired"
    survives_subject: ClassVar = True
    permissions: ClassVar = (Permission("iam:DeleteRolePolicy", (ROLES,)),)

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        raise NotImplementedError

    def with_use(self, observed: ResourceState, use: RoleUse) -> ResourceState:
        """Return the state with another use of the role."""
        raise NotImplementedError

    @property
    def _revocation(self) -> Revocation:
        return Revocation(self.instant, self.holder)

    @property
    def target(self) -> str:
        """The policy."""
        return f"role/{self.role.id}/ended/{revocation_name(self.instant, self.holder)}"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """There is space for another revocation."""
        return (Ready(SPACE, self.role.id),)

    @property
    def held(self) -> Role | None:
        """The role."""
        return self.role

    @property
    def best_effort(self) -> bool:
        """Whether a failure is recorded and not retried: there can be space all the same."""
        return True

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete the policy; one that is not there any more is what was wanted."""
        return (yield from delete_role_policy(self.role, revocation_name(self.instant, self.holder)))

    def state(self, observed: ResourceState) -> State:
        """Look for the policy."""
        use = self.use(observed, self.role)
        if use is None:
            return State.GONE
        return State.BEFORE if self._revocation in use.revoked else State.AFTER

    def effect(self, observed: ResourceState) -> ResourceState:
        """Remove the policy."""
        use = self.use(observed, self.role)
        if use is None:
            return observed
        return self.with_use(observed, replace(use, revoked=use.revoked - {self._revocation}))

    def describe(self) -> str:
        """Describe the change."""
        return (
            f"remove the revocation of role {self.role.name}'s sessions issued before "
            f"{instant_text(self.instant)}, which have expired"
        )

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return f"issued since {instant_text(self.instant)}", "removed"


@value
class EndRoleRevocation(EndRevocation):
    """Remove a revocation of an instance's role whose time is over.

    Attributes
    ----------
    role : Role
        The role.
    instant : datetime
        Sessions that were issued earlier were denied, in UTC and whole seconds.
    holder : str
        What distinguishes the policy from those of other incidents.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    """

    role: Role
    instant: datetime
    holder: str

    observation: ClassVar = RoleSessions

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        return observed[RoleSessions].role(role)

    def with_use(self, observed: ResourceState, use: RoleUse) -> ResourceState:
        """Return the state with another use of the role."""
        roles = tuple(use if one.role.id == self.role.id else one for one in observed[RoleSessions].roles)
        return observed.with_observation(RoleSessions(roles))


@value
class EndUsedRevocation(EndRevocation):
    """Remove a revocation of a role that a principal used and whose time is over.

    Attributes
    ----------
    role : Role
        The role.
    instant : datetime
        Sessions that were issued earlier were denied, in UTC and whole seconds.
    holder : str
        What distinguishes the policy from those of other incidents.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    """

    role: Role
    instant: datetime
    holder: str

    observation: ClassVar = UsedRoles

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        return observed[UsedRoles].role(role)

    def with_use(self, observed: ResourceState, use: RoleUse) -> ResourceState:
        """Return the state with another use of the role."""
        seen = observed[UsedRoles]
        roles = tuple(replace(one, use=use) if one.use.role.id == self.role.id else one for one in seen.roles)
        return observed.with_observation(replace(seen, roles=roles))


def ended(
    kind: type[EndRoleRevocation | EndUsedRevocation], use: RoleUse, now: datetime
) -> Iterator[EndRevocation]:
    """Yield the steps that remove what protects nothing any more, if the role has many revocations."""
    if len(use.revoked) >= MANY:
        for one in sorted(use.revoked, key=lambda one: (one.instant, one.holder)):
            if one.is_over(now):
                yield kind(use.role, one.instant, one.holder)
