"""The password of a user: whether it has one, and whether it must be changed at the next sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import FINDING_USERS, USERS, user_of

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class Password(Observation):
    """The password of a user: the login profile.

    Attributes
    ----------
    user : str
        The user's name; empty if there is no password.
    reset : bool
        Whether a new password is required at the next sign-in.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html
    """

    user: str = ""
    reset: bool = False

    permissions: ClassVar = (*FINDING_USERS, Permission("iam:GetLoginProfile", (USERS,)))

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read the login profile."""
        name = yield from user_of(ref, past)
        if not name:
            return cls()
        (answer,) = yield (Call("iam", "GetLoginProfile", {"UserName": name}, expected=NO_SUCH_ENTITY),)
        if isinstance(answer, Failed):
            return cls()
        return cls(name, answer.child("LoginProfile").flag("PasswordResetRequired"))
