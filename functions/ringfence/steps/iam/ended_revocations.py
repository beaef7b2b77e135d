"""Steps that make space for another revocation of a role's sessions.

A policy whose time is over is removed. Others are moved to the list, where they take less space.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission, SansIO
from ringfence.model.codec import instant_text, value
from ringfence.model.step import Done, State, counted
from ringfence.model.symbol import Ready
from ringfence.observations.iam.identity import ROLES, Role, RoleStep
from ringfence.observations.iam.revocation_list import LIST, in_order, newest
from ringfence.observations.iam.revocations import Revocation, revocation_name
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.steps.iam.listed_revocations import move_to_list
from ringfence.steps.iam.role_policies import delete_role_policy
from ringfence.steps.iam.role_sessions import SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

MANY = 10
"""How many policies of revocations a role has at least before they are removed or moved to the list. IAM has
space for about 40."""


class _RoleOfInstance:
    """Where the role of an instance is observed."""

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        return observed[RoleSessions].role(role)

    @staticmethod
    def with_use(observed: ResourceState, use: RoleUse) -> ResourceState:
        """Return the state with another use of the role."""
        roles = tuple(use if one.role.id == use.role.id else one for one in observed[RoleSessions].roles)
        return observed.with_observation(RoleSessions(roles))


class _RoleUsed:
    """Where a role that a principal used is observed."""

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        return observed[UsedRoles].role(role)

    @staticmethod
    def with_use(observed: ResourceState, use: RoleUse) -> ResourceState:
        """Return the state with another use of the role."""
        seen = observed[UsedRoles]
        roles = tuple(replace(one, use=use) if one.use.role.id == use.role.id else one for one in seen.roles)
        return observed.with_observation(replace(seen, roles=roles))


class MakesSpace(RoleStep):
    """What the steps have in common. A second base class knows which observation shows the role."""

    role: Role

    survives_subject: ClassVar = True

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        raise NotImplementedError

    @staticmethod
    def with_use(observed: ResourceState, use: RoleUse) -> ResourceState:
        """Return the state with another use of the role."""
        raise NotImplementedError

    @property
    def removed(self) -> tuple[Revocation, ...]:
        """The revocations whose own policies are removed."""
        raise NotImplementedError

    def changed(self, use: RoleUse) -> RoleUse:
        """Return what will be known of the role."""
        return replace(use, revoked=use.revoked.difference(self.removed))

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

    def state(self, observed: ResourceState) -> State:
        """Look for the policies."""
        use = self.use(observed, self.role)
        if use is None:
            return State.GONE
        return State.AFTER if use.revoked.isdisjoint(self.removed) else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Remove the policies."""
        use = self.use(observed, self.role)
        return observed if use is None else self.with_use(observed, self.changed(use))


class EndRevocation(MakesSpace):
    """Removing a revocation whose time is over."""

    role: Role
    instant: datetime
    holder: str

    irreversible: ClassVar = "the credentials that it denied have expired"
    permissions: ClassVar = (Permission("iam:DeleteRolePolicy", (ROLES,)),)

    @property
    def removed(self) -> tuple[Revocation, ...]:
        """The revocation."""
        return (Revocation(self.instant, self.holder),)

    @property
    def target(self) -> str:
        """The policy."""
        return f"role/{self.role.id}/ended/{revocation_name(self.instant, self.holder)}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete the policy; one that is not there any more is what was wanted."""
        return (yield from delete_role_policy(self.role, revocation_name(self.instant, self.holder)))

    def describe(self) -> str:
        """Describe the change."""
        return (
            f"remove the revocation of role {self.role.name}'s sessions issued before "
            f"{instant_text(self.instant)}, which have expired"
        )

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return f"issued since {instant_text(self.instant)}", "removed"


class ListRevocations(MakesSpace):
    """Moving revocations to the list."""

    role: Role
    merged: tuple[Revocation, ...]
    over: tuple[Revocation, ...]

    irreversible: ClassVar = "the revocations stay in force; each release takes its own from the list"
    permissions: ClassVar = tuple(
        Permission(f"iam:{action}RolePolicy", (ROLES,)) for action in ("Delete", "Get", "Put")
    )

    @property
    def removed(self) -> tuple[Revocation, ...]:
        """The revocations that are moved."""
        return self.merged

    def changed(self, use: RoleUse) -> RoleUse:
        """Return what will be known of the role."""
        there = use.revoked.intersection(self.merged)
        listed = newest(use.listed.difference(self.over).union(there)) if there else use.listed
        return replace(use, revoked=use.revoked.difference(there), listed=listed)

    @property
    def target(self) -> str:
        """The list."""
        return f"role/{self.role.id}/{LIST}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Write the list, and delete the policies that it replaces."""
        moved = yield from move_to_list(self.role, self.merged, self.over)
        return Done(note="" if moved else "they no longer existed")

    def describe(self) -> str:
        """Describe the change."""
        what = counted(len(self.merged), "revocation")
        return f"move {what} of role {self.role.name}'s sessions to one policy"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return counted(len(self.merged), "policy"), f"entries of {LIST}"


@value
class EndRoleRevocation(_RoleOfInstance, EndRevocation):
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


@value
class EndUsedRevocation(_RoleUsed, EndRevocation):
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


@value
class ListRoleRevocations(_RoleOfInstance, ListRevocations):
    """Move revocations of an instance's role to one policy with a list.

    Attributes
    ----------
    role : Role
        The role.
    merged : tuple of Revocation
        What is moved. Each has its own policy before.
    over : tuple of Revocation
        What is removed from the list, because the credentials that it denied have expired.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    role: Role
    merged: tuple[Revocation, ...]
    over: tuple[Revocation, ...]

    observation: ClassVar = RoleSessions


@value
class ListUsedRevocations(_RoleUsed, ListRevocations):
    """Move revocations of a role that a principal used to one policy with a list.

    Attributes
    ----------
    role : Role
        The role.
    merged : tuple of Revocation
        What is moved. Each has its own policy before.
    over : tuple of Revocation
        What is removed from the list, because the credentials that it denied have expired.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    role: Role
    merged: tuple[Revocation, ...]
    over: tuple[Revocation, ...]

    observation: ClassVar = UsedRoles


Kinds = (
    tuple[type[EndRoleRevocation], type[ListRoleRevocations]]
    | tuple[type[EndUsedRevocation], type[ListUsedRevocations]]
)
OF_INSTANCE: Kinds = (EndRoleRevocation, ListRoleRevocations)
OF_USED_ROLE: Kinds = (EndUsedRevocation, ListUsedRevocations)


def make_space(kinds: Kinds, use: RoleUse, now: datetime) -> Iterator[MakesSpace]:
    """Yield the steps that make space for another revocation, if the role has many policies of them."""
    if len(use.revoked) < MANY:
        return
    end, move = kinds
    over = {one for one in use.revoked if one.is_over(now)}
    for one in in_order(over):
        yield end(use.role, one.instant, one.holder)
    if len(left := use.revoked - over) >= MANY:
        yield move(use.role, in_order(left), in_order(one for one in use.listed if one.is_over(now)))
