"""Steps on all sessions of a role: of an instance's, and of one that a principal used."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission, SansIO
from ringfence.model.codec import instant_text, value
from ringfence.model.step import Done, State, counted
from ringfence.model.symbol import Ready
from ringfence.observations.iam.identity import ROLES, Role, RoleStep
from ringfence.observations.iam.revocations import Revocation, holder_of, revocation, revocation_name
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.steps.iam.listed_revocations import remove_revocation
from ringfence.steps.iam.role_policies import put_role_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol

SPACE = "revocations-ended"
"""What the steps provide that make space for another revocation."""
_SHOWN = 5
"""How many of the other instances are named."""


def named(others: tuple[str, ...]) -> str:
    """Name the first of who else uses a role, in brackets."""
    shown = ", ".join(others[:_SHOWN])
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f" ({shown}{more})" if shown else ""


def recorded_revocations(
    past: Iterable[Step], role: Role, revoking: type[RevocationStep], allowing: type[RevocationStep]
) -> tuple[Revocation, ...]:
    """Return the recorded revocations of a role's sessions, without those undone since."""
    found: list[Revocation] = []
    for step in past:
        if isinstance(step, allowing) and step.role.id == role.id:
            found.clear()
        elif isinstance(step, revoking) and step.role.id == role.id:
            found.append(step.revocation)
    return tuple(found)


def holders(ref: Ref, recorded: Iterable[Revocation]) -> frozenset[str]:
    """Return the holders of an incident's own policies. A recorded one can be of an earlier version."""
    return frozenset((holder_of(ref), *(one.holder for one in recorded)))


class RevocationStep(RoleStep):
    """What revoking and allowing have in common. A policy for each instant and incident: none is moved back.

    An undo takes away no policy of another incident. Subclasses know which observation shows the role.
    """

    role: Role
    instant: datetime
    others: tuple[str, ...]
    before: bool
    after: bool
    holder: str

    survives_subject: ClassVar = True

    @staticmethod
    def use(observed: ResourceState, role: Role) -> RoleUse | None:
        """Return what was observed of the role; None if it no longer exists."""
        return observed[RoleSessions].role(role)

    @property
    def target(self) -> str:
        """The inline policy on the role for this instant and incident."""
        return f"role/{self.role.id}/{self.policy_name}"

    @property
    def policy_name(self) -> str:
        """The name of the policy."""
        return revocation_name(self.instant, self.holder)

    @property
    def revocation(self) -> Revocation:
        """What the policy does, as the observation shows it."""
        return Revocation(self.instant, self.holder)

    @property
    def held(self) -> Role | None:
        """The role."""
        return self.role

    def state(self, observed: ResourceState) -> State:
        """Look for the revocation, in its own policy or in the list."""
        use = self.use(observed, self.role)
        if use is None:
            return State.GONE
        there = use.shows(self.revocation) or (self.after and use.is_passed(self.instant))
        return State.AFTER if there == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the policy."""
        roles = tuple(self.changed(one) for one in observed[RoleSessions].roles)
        return observed.with_observation(RoleSessions(roles))

    def changed(self, use: RoleUse) -> RoleUse:
        """Return what will be known of a role."""
        if use.role.id != self.role.id:
            return use
        if not self.after:
            return use.without(self.revocation)
        return use if use.shows(self.revocation) else replace(use, revoked=use.revoked | {self.revocation})

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        instant = instant_text(self.instant)
        before, after = (f"issued since {instant}" if one else "all" for one in (self.before, self.after))
        return before, after


class Revoking(RevocationStep):
    """Putting the policy."""

    permissions: ClassVar = (Permission("iam:PutRolePolicy", (ROLES,)),)

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """Revocations that are over make space for this one."""
        return (Ready(SPACE, self.role.id),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the policy; refused where the role's inline policies are full or AWS's own."""
        document = revocation(self.instant)
        return (yield from put_role_policy(self.role, self.policy_name, document))

    def describe(self) -> str:
        """Describe the change."""
        return f"revoke every session of role {self.role.name} issued before {instant_text(self.instant)}"


class Allowing(RevocationStep):
    """Deleting it, and taking it from the list."""

    permissions: ClassVar = tuple(
        Permission(f"iam:{action}RolePolicy", (ROLES,)) for action in ("Delete", "Get", "Put")
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete the policy, and take its entry from the list; what is not there is what was wanted."""
        there = yield from remove_revocation(self.role, self.revocation)
        return Done(note="" if there else "it no longer existed")

    def describe(self) -> str:
        """Describe the change."""
        return f"allow the sessions of role {self.role.name} issued before {instant_text(self.instant)} again"


@value
class RevokeRoleSessions(Revoking):
    """Deny all access to every session of the role that was issued before a time.

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

    observation: ClassVar = RoleSessions

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return (
            f"{counted(len(self.others), 'other instance')} in the region with the role{named(self.others)}: "
            "no access until new credentials arrive; functions, people and other regions are not counted"
        )


@value
class AllowRoleSessions(Allowing):
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

    observation: ClassVar = RoleSessions
    inverse_type: ClassVar = RevokeRoleSessions


RevokeRoleSessions.inverse_type = AllowRoleSessions
