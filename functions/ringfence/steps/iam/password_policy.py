"""Steps on the password policy of an account: one demands more, its undo puts back what was demanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.observations.iam.identity import NO_SUCH_ENTITY
from ringfence.observations.iam.password_policy import OF_THE_ACCOUNT, PasswordPolicy, PasswordRules

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("LimitExceeded", "MalformedPolicyDocument")
_UPDATE = Permission("iam:UpdateAccountPasswordPolicy", ("*",), reason=OF_THE_ACCOUNT)
_NONE = "IAM's default"


class _PolicyStep(Step):
    """Demanding and putting back: two ways along one road. None stands for no policy."""

    before: PasswordRules | None
    after: PasswordRules | None

    observation: ClassVar = PasswordPolicy

    @property
    def target(self) -> str:
        """The policy: an account has one at most."""
        return "account/password-policy"

    def state(self, observed: ResourceState) -> State:
        """Compare every field."""
        rules = observed[PasswordPolicy].rules
        if rules == self.after:
            return State.AFTER
        return State.BEFORE if rules == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the policy."""
        return observed.with_observation(PasswordPolicy(self.after))

    def diff(self) -> tuple[str, str]:
        """Say both."""
        return str(self.before or _NONE), str(self.after or _NONE)

    def actual(self, observed: ResourceState) -> str:
        """Say what is demanded now."""
        return str(observed[PasswordPolicy].rules or _NONE)


@value
class SetPasswordPolicy(_PolicyStep):
    """Set a stronger password policy. The old one is recorded, or that there was none."""

    before: PasswordRules | None
    after: PasswordRules

    permissions: ClassVar = (_UPDATE,)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Replace the whole policy: IAM knows no update of a part."""
        return (yield from _update(self.after))

    def describe(self) -> str:
        """Say what is demanded."""
        return f"require of the account's passwords: {self.after}"

    def side_effects(self) -> str:
        """Say whom it meets at once; all else is asked of the next password alone."""
        was = self.before.max_age if self.before else 0
        if self.after.max_age == was:
            return ""
        return (
            f"users with a password older than {self.after.max_age} days must set a new one at the next "
            "sign-in"
        )


@value
class RestorePasswordPolicy(_PolicyStep):
    """Put back the policy that was there, or none."""

    before: PasswordRules
    after: PasswordRules | None

    permissions: ClassVar = (
        _UPDATE,
        Permission("iam:DeleteAccountPasswordPolicy", ("*",), reason=OF_THE_ACCOUNT),
    )
    inverse_type: ClassVar = SetPasswordPolicy

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Replace the policy, or delete it where there was none."""
        if self.after:
            return (yield from _update(self.after))
        (answer,) = yield (Call("iam", "DeleteAccountPasswordPolicy", expected=NO_SUCH_ENTITY),)
        return Done(note="it no longer existed" if isinstance(answer, Failed) else "")

    def describe(self) -> str:
        """Say what is put back."""
        return f"restore the account's password policy: {self.after or _NONE}"


SetPasswordPolicy.inverse_type = RestorePasswordPolicy


def _update(rules: PasswordRules) -> SansIO[Done]:
    call = Call("iam", "UpdateAccountPasswordPolicy", rules.parameters(), expected=_REFUSED)
    (answer,) = yield (call,)
    accept(answer, refused=_REFUSED)
    return Done()
