"""What a person wants to know of a principal: its last use, and what it may do. Read, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import instant_text, value
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.observation import Observation
from ringfence.observations.iam.identity import ROLES
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import (
    FINDING_HOLDERS,
    OWNER,
    USER,
    USERS,
    get_holder,
    last_used,
    name_of,
)

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class KeyUse(Observation):
    """The last use of an access key.

    Attributes
    ----------
    words : str
        When, where and for which service, in words; empty for what is no key.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
    """

    words: str = ""

    permissions: ClassVar = (OWNER,)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read the last use. IAM forgets it with the key."""
        if not isinstance(ref, AccessKeyRef):
            return cls()
        (answer,) = yield (last_used(ref.id),)
        if isinstance(answer, Failed):
            return cls("deleted, so IAM no longer knows its last use")
        used = answer.optional_child("AccessKeyLastUsed")
        at = used.value.get("LastUsedDate")
        if not isinstance(at, datetime):
            return cls("never used, as far as IAM knows")
        where = f"{used.optional_text('ServiceName')} in {used.optional_text('Region')}"
        return cls(f"last used at {instant_text(at)}, for {where}")


@value
class Device:
    """An MFA device by its serial number, and since when it is enabled."""

    serial: str
    enabled_at: datetime


@value
class Grants(Observation):
    """What the holder of a principal's permissions has.

    Attributes
    ----------
    holder : str
        The user or role, in words; empty if there is none.
    inline : tuple of str
        Names of inline policies.
    attached : tuple of str
        ARNs of attached policies.
    groups : tuple of str
        Names of the user's groups.
    boundary : str
        ARN of the permissions boundary; empty for none.
    devices : tuple of Device
        The user's MFA devices.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
    """

    holder: str = ""
    inline: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str = ""
    devices: tuple[Device, ...] = ()

    permissions: ClassVar = (
        *FINDING_HOLDERS,
        *(
            Permission(f"iam:{action}", (USERS,))
            for action in (
                "ListAttachedUserPolicies",
                "ListGroupsForUser",
                "ListMFADevices",
                "ListUserPolicies",
            )
        ),
        *(
            Permission(f"iam:{action}", (ROLES,))
            for action in ("ListAttachedRolePolicies", "ListRolePolicies")
        ),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read all of it side by side."""
        kind, name = yield from name_of(ref, past)
        if not name:
            return cls()
        what = kind.capitalize()
        lists = [f"List{what}Policies", f"ListAttached{what}Policies"]
        if kind == USER:
            lists += ["ListGroupsForUser", "ListMFADevices"]
        answers = yield (
            get_holder(kind, name),
            *(Call("iam", one, {f"{what}Name": name}, pages=True, expected=NO_SUCH_ENTITY) for one in lists),
        )
        return cls(
            f"{kind} {name}",
            () if isinstance(answers[1], Failed) else answers[1].texts("PolicyNames"),
            _texts(answers[2], "AttachedPolicies", "PolicyArn"),
            _texts(answers[3], "Groups", "GroupName") if kind == USER else (),
            _boundary(answers[0], what),
            _devices(answers[4]) if kind == USER else (),
        )


def _texts(answer: Answer, items: str, key: str) -> tuple[str, ...]:
    return () if isinstance(answer, Failed) else tuple(one.text(key) for one in answer.children(items))


def _boundary(answer: Answer, what: str) -> str:
    if isinstance(answer, Failed):
        return ""
    boundary = answer.child(what).optional_child("PermissionsBoundary")
    return boundary.optional_text("PermissionsBoundaryArn") or ""


def _devices(answer: Answer) -> tuple[Device, ...]:
    if isinstance(answer, Failed):
        return ()
    found = ((one.text("SerialNumber"), one.value.get("EnableDate")) for one in answer.children("MFADevices"))
    return tuple(Device(serial, at) for serial, at in found if isinstance(at, datetime))
