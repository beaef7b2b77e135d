"""The step on a user's password."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State
from ringfence.observations.iam.identity import NO_SUCH_ENTITY
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.principals import USERS, UserStep

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("LimitExceeded", "PasswordPolicyViolation")


@value
class SetPasswordReset(UserStep):
    """Require a new password at the next sign-in, or no longer require it."""

    user: str
    before: bool
    after: bool

    observation: ClassVar = Password
    survives_subject: ClassVar = True
    permissions: ClassVar = (Permission("iam:UpdateLoginProfile", (USERS,)),)

    @property
    def owner(self) -> str:
        """The user."""
        return self.user

    @property
    def target(self) -> str:
        """The flag."""
        return f"user/{self.user}/password-reset-required"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Set the flag; the password itself stays."""
        parameters = {"UserName": self.user, "PasswordResetRequired": self.after}
        expected = (*NO_SUCH_ENTITY, *_REFUSED)
        (answer,) = yield (Call("iam", "UpdateLoginProfile", parameters, expected=expected),)
        accept(answer, not_found=NO_SUCH_ENTITY, refused=_REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the flag."""
        seen = observed[Password]
        if seen.user != self.user:
            return State.GONE
        return State.AFTER if seen.reset == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the flag."""
        return observed.with_observation(replace(observed[Password], reset=self.after))

    def describe(self) -> str:
        """Say what is required of whom."""
        verb = "require" if self.after else "no longer require"
        return f"{verb} a new password from user {self.user} at the next sign-in"
