"""The sessions of an instance's role: who else has them, and since when older ones are revoked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.iam.identity import ROLES, Role, get_role_policy, held_roles
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.revocation_list import LIST, MOST_LISTED, listed_in
from ringfence.observations.iam.revocations import Revocation, revocation_in, revocation_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class RoleUse:
    """One role, and what revokes its older credentials.

    `revoked` each have one policy, and `listed` are in the list. `others` are the other instances in
    the region whose profile holds the role.
    """

    role: Role
    revoked: frozenset[Revocation] = frozenset()
    others: tuple[str, ...] = ()
    listed: frozenset[Revocation] = frozenset()

    def covers(self, instant: datetime, holders: Collection[str]) -> bool:
        """Return whether a policy of these holders revokes the credentials issued before `instant`.

        Policies of other incidents do not count: a release of these incidents ends them.
        """
        if self.is_passed(instant):
            return True
        return any(one.instant >= instant and one.holder in holders for one in self.revoked | self.listed)

    def shows(self, one: Revocation) -> bool:
        """Return whether this very revocation is there."""
        return one in self.revoked or one in self.listed

    def is_passed(self, instant: datetime) -> bool:
        """Return whether the list is full of later revocations, which cover this time."""
        return len(self.listed) >= MOST_LISTED and all(one.instant > instant for one in self.listed)

    def without(self, *gone: Revocation) -> Self:
        """Return the use without some revocations."""
        return replace(self, revoked=self.revoked.difference(gone), listed=self.listed.difference(gone))


@value
class RoleSessions(Observation):
    """The roles whose credentials the instance has or had.

    Attributes
    ----------
    roles : tuple of RoleUse
        Each with its revocations and the other instances that use it.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
    """

    roles: tuple[RoleUse, ...] = ()

    permissions: ClassVar = (
        *ec2_describes("IamInstanceProfileAssociations"),
        Permission("iam:GetInstanceProfile", ("arn:aws:iam::{account}:instance-profile/*",)),
        *(
            Permission(f"iam:{action}", (ROLES,))
            for action in ("GetRole", "GetRolePolicy", "ListInstanceProfilesForRole", "ListRolePolicies")
        ),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read every association of the region, the roles, their uses and policies: four round trips."""
        (described,) = yield (Call("ec2", "DescribeIamInstanceProfileAssociations", pages=True),)
        associations = tuple(document(described).children("IamInstanceProfileAssociations"))
        arns = tuple(
            dict.fromkeys(_profile_arn(one) for one in associations if one.text("InstanceId") == ref.id)
        )
        _, roles = yield from held_roles(arns, past)
        if not roles:
            return cls()
        kinds = ("ListInstanceProfilesForRole", "ListRolePolicies")
        uses = yield tuple(_of_role(kind, role) for role in roles.values() for kind in kinds)
        asked = tuple(
            (role, name)
            for role, names in zip(roles.values(), uses[1::2], strict=True)
            for name in revocations(names)
        )
        policies = (yield tuple(get_role_policy(role, name) for role, name in asked)) if asked else ()
        return cls(
            tuple(
                role_use(
                    role,
                    (
                        (name, policy)
                        for (owner, name), policy in zip(asked, policies, strict=True)
                        if owner == role
                    ),
                    _instances(associations, use, ref.id),
                )
                for role, use in zip(roles.values(), uses[::2], strict=True)
            )
        )

    def role(self, role: Role) -> RoleUse | None:
        """Return what is known of a role; None if it no longer exists."""
        return next((use for use in self.roles if use.role.id == role.id), None)


def _profile_arn(association: Document) -> str:
    return association.child("IamInstanceProfile").text("Arn")


def _of_role(kind: str, role: Role) -> Call:
    return Call("iam", kind, {"RoleName": role.name}, pages=True, expected=NO_SUCH_ENTITY)


def revocations(answer: Answer) -> tuple[str, ...]:
    """Return the names of our revocations in an answer of ListRolePolicies."""
    if isinstance(answer, Failed):
        return ()
    return tuple(name for name in answer.texts("PolicyNames") if name == LIST or revocation_named(name))


def role_use(role: Role, policies: Iterable[tuple[str, Answer]], others: tuple[str, ...]) -> RoleUse:
    """Return the use of a role, from its policies of ours by name, as IAM answers them."""
    answers = dict(policies)
    listed = listed_in(answers.pop(LIST)) if LIST in answers else frozenset()
    own = frozenset(one for name, policy in answers.items() if (one := revocation_in(name, policy)))
    return RoleUse(role, own, others, listed)


def _instances(associations: Iterable[Document], profiles: Answer, without: str) -> tuple[str, ...]:
    if isinstance(profiles, Failed):
        return ()
    arns = {profile.text("Arn") for profile in profiles.children("InstanceProfiles")}
    using = {one.text("InstanceId") for one in associations if _profile_arn(one) in arns}
    return tuple(sorted(using - {without}))
