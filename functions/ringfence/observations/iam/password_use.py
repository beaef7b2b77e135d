"""The console password of a user: since when there is one, and when it was last used. Read, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import USER, USERS, get_holder
from ringfence.observations.iam.user_ids import EVERY_USER
from ringfence.observations.iam.users import named

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class PasswordUse(Observation):
    """The last sign-in with a user's password.

    Attributes
    ----------
    user : str
        The user's name. Empty if it is unknown.
    created : datetime or None
        When the password was set; None if the user has none.
    used : datetime or None
        When somebody last signed in with it; None for never.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html
    """

    user: str = ""
    created: datetime | None = None
    used: datetime | None = None

    permissions: ClassVar = (
        EVERY_USER,
        *(Permission(f"iam:{action}", (USERS,)) for action in ("GetUser", "GetLoginProfile")),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read user and login profile side by side. Raises NotFound for an unknown user.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html
        """
        whose = yield from named(ref)
        if not whose.user:
            return cls()
        described, profile = yield (
            get_holder(USER, whose.user),
            Call("iam", "GetLoginProfile", {"UserName": whose.user}, expected=NO_SUCH_ENTITY),
        )
        used = accept(described, not_found=NO_SUCH_ENTITY).child("User").value.get("PasswordLastUsed")
        if isinstance(profile, Failed):
            return cls(whose.user)
        created = profile.child("LoginProfile").value.get("CreateDate")
        return cls(
            whose.user,
            created if isinstance(created, datetime) else None,
            used if isinstance(used, datetime) else None,
        )
