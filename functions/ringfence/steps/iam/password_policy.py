"""Steps on the password policy of an account: one demands more, its undo puts back what was demanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.codec import value
from ringfence.model.setting import SettingStep
from ringfence.model.step import Done, counted
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.password_policy import OF_THE_ACCOUNT, PasswordPolicy, PasswordRules

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.observation import ResourceState

_UPDATE = Permission("iam:UpdateAccountPasswordPolicy", ("*",), reason=OF_THE_ACCOUNT)
_NONE = "IAM's default"


class _PolicyStep(SettingStep):
    """Demand more, or put back what was demanded. None stands for no policy.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
    """

    before: PasswordRules | None
    after: PasswordRules | None

    observation: ClassVar = PasswordPolicy
    field: ClassVar = "rules"
    service: ClassVar = "iam"
    operation: ClassVar = "UpdateAccountPasswordPolicy"
    refused: ClassVar = ("LimitExceeded", "MalformedPolicyDocument")
    labels: ClassVar = {None: _NONE}

    @property
    def target(self) -> str:
        """The policy: an account has one at most."""
        return "account/password-policy"

    def parameters(self) -> dict[str, object]:
        """Name every field: IAM knows no update of a part."""
        return self.after.parameters() if self.after else {}

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the policy, whatever was observed of it."""
        return observed.with_observation(PasswordPolicy(self.after))


@value
class SetPasswordPolicy(_PolicyStep):
    """Set a stronger password policy. The old policy, or its absence, is recorded for a release.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
    """

    before: PasswordRules | None
    after: PasswordRules

    permissions: ClassVar = (_UPDATE,)

    def describe(self) -> str:
        """Describe the change."""
        return f"require of the account's passwords: {self.after}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        was = self.before.max_age if self.before else 0
        if self.after.max_age == was:
            return ""
        return (
            f"users with a password older than {counted(self.after.max_age, 'day')} must set a new one at "
            "the next sign-in"
        )


@value
class RestorePasswordPolicy(_PolicyStep):
    """Put back the policy that was there, or none.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountPasswordPolicy.html
    """

    before: PasswordRules
    after: PasswordRules | None

    permissions: ClassVar = (
        _UPDATE,
        Permission("iam:DeleteAccountPasswordPolicy", ("*",), reason=OF_THE_ACCOUNT),
    )
    inverse_type: ClassVar = SetPasswordPolicy

    def call(self) -> Call:
        """Replace the policy, or delete it if there was none."""
        if self.after:
            return super().call()
        return Call("iam", "DeleteAccountPasswordPolicy", expected=NO_SUCH_ENTITY)

    def finish(self, answer: Answer) -> Done:
        """A policy that is gone needs no deletion."""
        if self.after:
            return super().finish(answer)
        return Done(note="it no longer existed" if isinstance(answer, Failed) else "")

    def describe(self) -> str:
        """Describe the change."""
        return f"restore the account's password policy: {self.after or _NONE}"


SetPasswordPolicy.inverse_type = RestorePasswordPolicy
