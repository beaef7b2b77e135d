"""The password of a user: whether it has one, and whether it must be changed at the next sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.core.call import Call, Failed, Permission
from ringfence.core.codec import value
from ringfence.core.facet import Facet
from ringfence.facets.identity import NO_SUCH_ENTITY
from ringfence.facets.principals import OWNER, USERS, user_of

if TYPE_CHECKING:
    from ringfence.core.facet import Looking
    from ringfence.core.step import Step
    from ringfence.core.subject import Ref


@value
class Password(Facet):
    """A user's login profile. `user` is empty where there is none, which is normal."""

    user: str = ""
    reset: bool = False

    permissions: ClassVar = (OWNER, Permission("iam:GetLoginProfile", (USERS,)))

    @classmethod
    def look(cls, ref: Ref, past: tuple[Step, ...]) -> Looking[Self]:
        """Read the login profile."""
        name = yield from user_of(ref, past)
        if not name:
            return cls()
        (answer,) = yield (Call("iam", "GetLoginProfile", {"UserName": name}, expected=NO_SUCH_ENTITY),)
        if isinstance(answer, Failed):
            return cls()
        return cls(name, answer.child("LoginProfile").flag("PasswordResetRequired"))
