"""The sessions of an instance's role: who else has them, and since when older ones are revoked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.iam.identity import ROLES, Role, get_role_policy, held_roles
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY, policy_of
from ringfence.observations.iam.reach import short_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_NAME = re.compile(r"ringfence-revoke-before-([0-9]{8}T[0-9]{6}Z)(?:-([0-9a-f]{10}))?")
_FORMAT = "%Y%m%dT%H%M%SZ"
PROTECTS = timedelta(days=7)
"""After this time a revocation protects nothing. No temporary credentials of AWS last longer than 36 hours.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""


@value
class Revocation:
    """One policy: credentials that were issued before `instant` are denied everything.

    `holder` belongs to the subject of an incident, so that each incident has its own policy. Earlier versions
    wrote policies without one.
    """

    instant: datetime
    holder: str = ""

    def is_over(self, now: datetime) -> bool:
        """Return whether every credential that it denies has expired."""
        return now >= self.instant + PROTECTS


@value
class RoleUse:
    """One role, and the policies that revoke its older credentials.

    `others` are the other instances in the region whose profile holds the role.
    """

    role: Role
    revoked: frozenset[Revocation] = frozenset()
    others: tuple[str, ...] = ()

    def covers(self, instant: datetime, holders: Collection[str]) -> bool:
        """Return whether a policy of these holders revokes the credentials issued before `instant`.

        Policies of other incidents do not count: a release of these incidents ends them.
        """
        return any(one.instant >= instant and one.holder in holders for one in self.revoked)


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
                RoleUse(
                    role,
                    frozenset(
                        found
                        for (owner, name), policy in zip(asked, policies, strict=True)
                        if owner == role and (found := revocation_in(name, policy))
                    ),
                    _instances(associations, use, ref.id),
                )
                for role, use in zip(roles.values(), uses[::2], strict=True)
            )
        )

    def role(self, role: Role) -> RoleUse | None:
        """Return what is known of a role; None if it no longer exists."""
        return next((use for use in self.roles if use.role.id == role.id), None)


def whole_second(instant: datetime) -> datetime:
    """Return the instant rounded up to the second, which is what conditions are written in."""
    rounded = instant.astimezone(UTC).replace(microsecond=0)
    return rounded if rounded == instant else rounded + timedelta(seconds=1)


def holder_of(ref: Ref) -> str:
    """Return what distinguishes the policies of a subject's incidents from those of others."""
    return short_digest(ref.key)


def revocation_name(instant: datetime, holder: str = "") -> str:
    """Name the inline policy that revokes the sessions issued before an instant."""
    ending = f"-{holder}" if holder else ""
    return f"ringfence-revoke-before-{instant.astimezone(UTC).strftime(_FORMAT)}{ending}"


def revocation_of(name: str) -> Revocation | None:
    """Return what the name of such a policy says. None for any other name."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    try:
        instant = datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Revocation(instant, found[2] or "")


def revocation_in(name: str, policy: Answer) -> Revocation | None:
    """Return the revocation by a policy. None if the policy does not say what its name says."""
    found = revocation_of(name)
    return found if found and policy_of(policy) == revocation(found.instant) else None


def revocation(instant: datetime) -> dict[str, object]:
    """Return that policy: the one that the console's "revoke active sessions" writes, under our own name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    issued = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RingfenceRevokeOlderSessions",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": issued}},
            }
        ],
    }


def _profile_arn(association: Document) -> str:
    return association.child("IamInstanceProfile").text("Arn")


def _of_role(kind: str, role: Role) -> Call:
    return Call("iam", kind, {"RoleName": role.name}, pages=True, expected=NO_SUCH_ENTITY)


def revocations(answer: Answer) -> tuple[str, ...]:
    """Return the names of our revocations in an answer of ListRolePolicies."""
    if isinstance(answer, Failed):
        return ()
    return tuple(name for name in answer.texts("PolicyNames") if revocation_of(name))


def _instances(associations: Iterable[Document], profiles: Answer, without: str) -> tuple[str, ...]:
    if isinstance(profiles, Failed):
        return ()
    arns = {profile.text("Arn") for profile in profiles.children("InstanceProfiles")}
    using = {one.text("InstanceId") for one in associations if _profile_arn(one) in arns}
    return tuple(sorted(using - {without}))
