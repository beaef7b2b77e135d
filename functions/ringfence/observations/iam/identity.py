"""The identity of an instance: its instance profile, and the role whose credentials it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document, first
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.model.step import Step
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.iam.instance_denials import (
    NO_SUCH_ENTITY,
    OWN_POLICIES,
    InstanceDenial,
    in_force,
    in_order,
    list_policies,
    listed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

ASSOCIATED = "associated"
_PASSING = ("associating", "disassociating")
PROTECTED = ("/aws-service-role/", "/aws-reserved/")
ROLES = "arn:aws:iam::{account}:role/*"


@value
class Role:
    """An IAM role. A role that is recreated under the same name has another `id` (`AROA…`)."""

    name: str
    id: str
    path: str = "/"

    @property
    def key(self) -> str:
        """Its name."""
        return self.name

    @property
    def editable(self) -> bool:
        """Whether its policies can be changed: not those of AWS services and of Identity Center."""
        return not self.path.startswith(PROTECTED)


@value
class Profile:
    """An instance profile by ARN, which may hold a path, and the role in it."""

    arn: str
    role: Role | None

    @property
    def key(self) -> str:
        """Its ARN."""
        return self.arn

    @property
    def name(self) -> str:
        """Its name, without the path."""
        return self.arn.rsplit("/", 1)[-1]


@value
class Association:
    """The tie between instance and profile; its id is not the profile's."""

    id: str
    profile: Profile
    state: str


@value
class HeldRole:
    """A role whose credentials the instance has or had, and the denials of instances' sessions of it.

    A denial of the instance itself counts only if its document says what it should.
    """

    role: Role
    denials: frozenset[InstanceDenial] = frozenset()

    def denies(self, instance_id: str) -> bool:
        """Return whether the sessions of an instance may do nothing."""
        return any(one.instance_id == instance_id for one in self.denials)


class RoleStep(Step):
    """A step that records a role of the instance: where to look once the profile is gone."""

    @property
    def held(self) -> Role | None:
        """The role."""
        raise NotImplementedError


@value
class Identity(Observation):
    """The instance profile of an instance, and the roles whose credentials it has or had.

    Attributes
    ----------
    associations : tuple of Association
        The associations with a profile; at most one, unless one is being replaced.
    roles : tuple of HeldRole
        The roles of those profiles and of earlier steps, with the denials of instances' sessions.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
    """

    associations: tuple[Association, ...] = ()
    roles: tuple[HeldRole, ...] = ()

    permissions: ClassVar = (
        *ec2_describes("IamInstanceProfileAssociations"),
        Permission("iam:GetInstanceProfile", ("arn:aws:iam::{account}:instance-profile/*",)),
        *(
            Permission(f"iam:{action}", (ROLES,))
            for action in ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies")
        ),
        *(Permission(f"iam:{action}", (OWN_POLICIES,)) for action in ("GetPolicy", "GetPolicyVersion")),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read associations, the roles, the names of their denials, and the denials of this instance.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfileAssociation.html
        """
        (described,) = yield (describe_associations(ref.id),)
        found = associations_in(document(described))
        arns = tuple(dict.fromkeys(arn for _, arn, _ in found))
        profiles, roles = yield from held_roles(arns, past)
        denials = yield from _denials(ref, tuple(roles.values()))
        return cls(
            tuple(Association(id_, profiles[arn], state) for id_, arn, state in found),
            tuple(HeldRole(role, denials[role]) for role in roles.values()),
        )

    def role(self, role: Role) -> HeldRole | None:
        """Return what is known of a role; None if it no longer exists."""
        return next((held for held in self.roles if held.role.id == role.id), None)

    def settling(self) -> str:
        """Report that a profile is coming or going."""
        return passing(self.associations)


def associations_in(described: Document) -> tuple[tuple[str, str, str], ...]:
    """Return the id, the profile's ARN and the state of each association that is not over."""
    return tuple(
        (one.text("AssociationId"), one.child("IamInstanceProfile").text("Arn"), one.text("State"))
        for one in described.children("IamInstanceProfileAssociations")
        if one.text("State") != "disassociated"
    )


def passing(associations: Iterable[Association]) -> str:
    """Report that a profile is coming or going; empty if none is."""
    states = sorted({one.state for one in associations if one.state in _PASSING})
    return f"an instance profile is {' and another '.join(states)}" if states else ""


def profile_in(arn: str, answer: Answer) -> Profile:
    """Return the profile that IAM describes in an answer, without a role where it does not exist."""
    role = None if isinstance(answer, Failed) else first(answer.child("InstanceProfile").children("Roles"))
    return Profile(arn, _role(role) if role else None)


def held_roles(
    arns: tuple[str, ...], past: Iterable[Step]
) -> SansIO[tuple[dict[str, Profile], dict[str, Role]]]:
    """Read the profiles by ARN, and by id the roles in them and those of earlier steps that still exist."""
    held = (step.held for step in past if isinstance(step, RoleStep))
    remembered = tuple({role.id: role for role in held if role}.values())
    if not arns and not remembered:
        return {}, {}
    answers = yield (*map(_get_profile, arns), *map(_get_role, remembered))
    profiles = {arn: profile_in(arn, one) for arn, one in zip(arns, answers[: len(arns)], strict=True)}
    roles = {one.role.id: one.role for one in profiles.values() if one.role}
    for role, answer in zip(remembered, answers[len(arns) :], strict=True):
        if not isinstance(answer, Failed) and answer.child("Role").text("RoleId") == role.id:
            roles[role.id] = role
    return profiles, roles


def describe_associations(instance_id: str) -> Call:
    """Return the call that shows the profile associations of an instance."""
    filters = [{"Name": "instance-id", "Values": [instance_id]}]
    return Call("ec2", "DescribeIamInstanceProfileAssociations", {"Filters": filters}, pages=True)


def get_role_policy(role: Role, name: str) -> Call:
    """Return the call that reads one inline policy."""
    return Call("iam", "GetRolePolicy", {"RoleName": role.name, "PolicyName": name}, expected=NO_SUCH_ENTITY)


def _get_role(role: Role) -> Call:
    return Call("iam", "GetRole", {"RoleName": role.name}, expected=NO_SUCH_ENTITY)


def _get_profile(arn: str) -> Call:
    name = Profile(arn, None).name
    return Call("iam", "GetInstanceProfile", {"InstanceProfileName": name}, expected=NO_SUCH_ENTITY)


def _role(role: Document) -> Role:
    return Role(role.text("RoleName"), role.text("RoleId"), role.optional_text("Path") or "/")


def _denials(ref: Ref, roles: tuple[Role, ...]) -> SansIO[dict[Role, frozenset[InstanceDenial]]]:
    """Read the denials on roles: those of other instances by name, those of this one word for word."""
    if not roles:
        return {}
    answers = yield tuple(call for role in roles for call in list_policies(role))
    both = zip(roles, answers[::2], answers[1::2], strict=True)
    named = {role: listed(ref.account, role, inline, attached) for role, inline, attached in both}
    own = [(role, one) for role in roles for one in in_order(named[role]) if one.instance_id == ref.id]
    good = yield from in_force(ref.account, ref.id, own)
    return {
        role: frozenset(one for one in named[role] if one.instance_id != ref.id or (role, one) in good)
        for role in roles
    }
