"""The step on a user's password."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission
from ringfence.model.codec import value
from ringfence.model.setting import SettingStep
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.principals import USERS
from ringfence.steps.iam.sharers import SharedStep

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState


@value
class SetPasswordReset(SharedStep, SettingStep):
    """Set whether the user must choose a new password at the next sign-in. The password does not change.

    Attributes
    ----------
    user : str
        The name of the user.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html
    """

    user: str
    before: bool
    after: bool

    observation: ClassVar = Password
    field: ClassVar = "reset"
    service: ClassVar = "iam"
    operation: ClassVar = "UpdateLoginProfile"
    survives_subject: ClassVar = True
    permissions: ClassVar = (Permission("iam:UpdateLoginProfile", (USERS,)),)
    not_found: ClassVar = NO_SUCH_ENTITY
    refused: ClassVar = ("LimitExceeded", "PasswordPolicyViolation")

    @property
    def owner(self) -> str:
        """The user."""
        return self.user

    @property
    def target(self) -> str:
        """The flag."""
        return f"user/{self.user}/password-reset-required"

    def parameters(self) -> dict[str, object]:
        """Set the flag and nothing else."""
        return {"UserName": self.user, "PasswordResetRequired": self.after}

    def exists(self, observed: ResourceState) -> bool:
        """A user without a password has no flag."""
        return observed[Password].user == self.user

    def describe(self) -> str:
        """Describe the change."""
        verb = "require" if self.after else "no longer require"
        return f"{verb} a new password from user {self.user} at the next sign-in"
