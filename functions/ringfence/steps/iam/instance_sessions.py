"""Steps on what one instance's sessions of a role may do: by an inline policy, or by an attached one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import instant_text, value
from ringfence.model.errors import Refused
from ringfence.model.step import Done, State
from ringfence.observations.iam.identity import ROLES, HeldRole, Identity, Role, RoleStep
from ringfence.observations.iam.instance_denials import (
    NO_SUCH_ENTITY,
    OWN_PATH,
    OWN_POLICIES,
    InstanceDenial,
    denial,
)
from ringfence.steps.iam.role_policies import delete_role_policy, put_role_policy

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_OWN = (("ArnLike", "iam:PolicyARN", (OWN_POLICIES,)),)
_REFUSED = ("DeleteConflict", "InvalidInput", "LimitExceeded", "PolicyNotAttachable", "UnmodifiableEntity")
_THERE = "EntityAlreadyExists"


class _DenialStep(RoleStep):
    """What denying and allowing have in common."""

    instance_id: str
    role: Role
    before: bool
    after: bool
    until: datetime | None

    observation: ClassVar = Identity
    survives_subject: ClassVar = True
    managed: ClassVar = False

    @property
    def denial(self) -> InstanceDenial:
        """The policy."""
        return InstanceDenial(self.instance_id, self.until, self.managed)

    @property
    def target(self) -> str:
        """The policy on the role that is about this instance."""
        attached = "attached/" if self.managed else ""
        return f"role/{self.role.id}/{attached}{self.denial.inline_name}"

    @property
    def held(self) -> Role | None:
        """The role."""
        return self.role

    def effect_lasts(self, now: datetime) -> bool:
        """Return whether the instance's sessions can be valid. It started none after its end."""
        return self.until is None or now < self.until

    def state(self, observed: ResourceState) -> State:
        """Compare the document of the policy."""
        held = observed[Identity].role(self.role)
        if held is None:
            return State.GONE
        return State.AFTER if (self.denial in held.denials) == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the policy."""
        return _with(observed, self.role, self.denial, there=self.after)

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
    until : datetime or None
        The policy is kept at least until then; None in steps of older versions.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """

    instance_id: str
    role: Role
    before: bool
    after: bool
    until: datetime | None = None

    permissions: ClassVar = (Permission("iam:PutRolePolicy", (ROLES,)),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the policy; refused where the role's inline policies are full or AWS's own."""
        document = denial(self.role, self.instance_id)
        return (yield from put_role_policy(self.role, self.denial.inline_name, document))

    def describe(self) -> str:
        """Describe the change."""
        return f"deny everything to {self.instance_id}'s sessions of role {self.role.name}"


@value
class AllowInstanceSessions(_DenialStep):
    """Remove the denial.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    """

    instance_id: str
    role: Role
    before: bool
    after: bool
    until: datetime | None = None

    permissions: ClassVar = (Permission("iam:DeleteRolePolicy", (ROLES,)),)
    inverse_type: ClassVar = DenyInstanceSessions

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete the policy; one that is not there any more is what was wanted."""
        return (yield from delete_role_policy(self.role, self.denial.inline_name))

    def describe(self) -> str:
        """Describe the change."""
        return f"allow {self.instance_id}'s sessions of role {self.role.name} again"


DenyInstanceSessions.inverse_type = AllowInstanceSessions


@value
class AttachInstanceDenial(_DenialStep):
    """Deny this instance's sessions by an attached managed policy, if the inline policies are full.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    role : Role
        The role.
    arn : str
        ARN of the managed policy.
    until : datetime or None
        The policy is kept at least until then.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
    """

    instance_id: str
    role: Role
    arn: str
    before: bool
    after: bool
    until: datetime | None = None

    managed: ClassVar = True
    permissions: ClassVar = (
        Permission("iam:CreatePolicy", (OWN_POLICIES,)),
        Permission("iam:AttachRolePolicy", (ROLES,), _OWN),
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Create the policy, and attach it. One that is there already was created by another try."""
        created = {
            "PolicyName": self.arn.rpartition("/")[2],
            "Path": OWN_PATH,
            "PolicyDocument": json.dumps(denial(self.role, self.instance_id)),
            "Description": "Made by Ringfence to contain an instance; a release removes it.",
        }
        (answer,) = yield (Call("iam", "CreatePolicy", created, expected=(_THERE, *_REFUSED)),)
        if not (isinstance(answer, Failed) and answer.code == _THERE):
            accept(answer, refused=_REFUSED)
        attached = {"RoleName": self.role.name, "PolicyArn": self.arn}
        (answer,) = yield (Call("iam", "AttachRolePolicy", attached, expected=(*NO_SUCH_ENTITY, *_REFUSED)),)
        accept(answer, not_found=NO_SUCH_ENTITY, refused=_REFUSED)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return (
            f"deny everything to {self.instance_id}'s sessions of role {self.role.name} by a managed policy"
        )


@value
class DetachInstanceDenial(_DenialStep):
    """Detach the managed policy and delete it.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
    """

    instance_id: str
    role: Role
    arn: str
    before: bool
    after: bool
    until: datetime | None = None

    managed: ClassVar = True
    permissions: ClassVar = (
        Permission("iam:DetachRolePolicy", (ROLES,), _OWN),
        Permission("iam:DeletePolicy", (OWN_POLICIES,)),
    )
    inverse_type: ClassVar = AttachInstanceDenial

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Detach and delete it; what is not there any more is what was wanted."""
        return (yield from _detach(self.role, self.arn))

    def describe(self) -> str:
        """Describe the change."""
        return (
            f"allow {self.instance_id}'s sessions of role {self.role.name} again: delete the managed policy"
        )


AttachInstanceDenial.inverse_type = DetachInstanceDenial


@value
class EndInstanceDenial(RoleStep):
    """Remove the denial of another instance whose time is over, because the role has no space left.

    Attributes
    ----------
    role : Role
        The role.
    policy : str
        The name of its inline policy, or the ARN of its managed policy.
    ended : InstanceDenial
        The denial.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
    """

    role: Role
    policy: str
    ended: InstanceDenial

    observation: ClassVar = Identity
    irreversible: ClassVar = "the credentials that it denied have expired"
    survives_subject: ClassVar = True
    permissions: ClassVar = (
        Permission("iam:DeleteRolePolicy", (ROLES,)),
        Permission("iam:DetachRolePolicy", (ROLES,), _OWN),
        Permission("iam:DeletePolicy", (OWN_POLICIES,)),
    )

    @property
    def target(self) -> str:
        """The policy."""
        return f"role/{self.role.id}/ended/{self.policy}"

    @property
    def held(self) -> Role | None:
        """The role."""
        return self.role

    @property
    def best_effort(self) -> bool:
        """Whether a failure is recorded and not retried: the denial has another way."""
        return True

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Delete the policy; one that is not there any more is what was wanted."""
        if self.ended.managed:
            return (yield from _detach(self.role, self.policy))
        return (yield from delete_role_policy(self.role, self.policy))

    def state(self, observed: ResourceState) -> State:
        """Compare the names of the role's policies."""
        held = observed[Identity].role(self.role)
        if held is None:
            return State.GONE
        return State.BEFORE if self.ended in held.denials else State.AFTER

    def effect(self, observed: ResourceState) -> ResourceState:
        """Remove the policy."""
        return _with(observed, self.role, self.ended, there=False)

    def describe(self) -> str:
        """Describe the change."""
        return f"remove the denial of {self.ended.instance_id} from role {self.role.name}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        until = instant_text(self.ended.until) if self.ended.until else ""
        return f"kept until {until}", "removed"


def _detach(role: Role, arn: str) -> SansIO[Done]:
    by_name = {"RoleName": role.name, "PolicyArn": arn}
    expected = (*NO_SUCH_ENTITY, *_REFUSED)
    (detached,) = yield (Call("iam", "DetachRolePolicy", by_name, expected=expected),)
    _accept_removal(detached)
    (deleted,) = yield (Call("iam", "DeletePolicy", {"PolicyArn": arn}, expected=expected),)
    _accept_removal(deleted)
    return Done(note="it no longer existed" if isinstance(detached, Failed) else "")


def _accept_removal(answer: Failed | object) -> None:
    if isinstance(answer, Failed) and answer.code not in NO_SUCH_ENTITY:
        raise Refused(f"{answer.code}: {answer.message}")


def _with(observed: ResourceState, role: Role, one: InstanceDenial, *, there: bool) -> ResourceState:
    seen = observed[Identity]
    roles = tuple(
        HeldRole(held.role, held.denials | {one} if there else held.denials - {one})
        if held.role.id == role.id
        else held
        for held in seen.roles
    )
    return observed.with_observation(replace(seen, roles=roles))
