"""What an account demands of the passwords of its users."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.account import AccountRef
from ringfence.model.observation import Observation
from ringfence.model.step import counted
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY

if TYPE_CHECKING:
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

OF_THE_ACCOUNT = "it acts on the whole account and has no resource types"


@value
class PasswordRules:
    """A password policy, every field of it. `max_age` (days) and `reuse` (passwords) are 0 for none.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html
    """

    length: int
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    max_age: int = 0
    reuse: int = 0
    may_change: bool = False
    hard_expiry: bool = False

    def __str__(self) -> str:
        """Return the rules as text for people."""
        kinds = ("symbols", "numbers", "uppercase", "lowercase")
        parts = [
            f"at least {counted(self.length, 'character')}",
            *(one for one in kinds if getattr(self, one)),
        ]
        parts.append(f"valid for {counted(self.max_age, 'day')}" if self.max_age else "never expire")
        parts.append(f"different from the last {self.reuse}" if self.reuse else "can be reused")
        parts += ["users may change them"] if self.may_change else []
        parts += ["only an administrator can set an expired one"] if self.hard_expiry else []
        return ", ".join(parts)

    @classmethod
    def of(cls, policy: Document) -> Self:
        """Read a policy as IAM describes it; it leaves out what is not demanded."""
        return cls(
            length=policy.integer("MinimumPasswordLength"),
            symbols=policy.flag("RequireSymbols"),
            numbers=policy.flag("RequireNumbers"),
            uppercase=policy.flag("RequireUppercaseCharacters"),
            lowercase=policy.flag("RequireLowercaseCharacters"),
            max_age=policy.integer("MaxPasswordAge") if policy.has("MaxPasswordAge") else 0,
            reuse=policy.integer("PasswordReusePrevention") if policy.has("PasswordReusePrevention") else 0,
            may_change=policy.flag("AllowUsersToChangePassword"),
            hard_expiry=policy.flag("HardExpiry"),
        )

    def parameters(self) -> dict[str, object]:
        """Return what sets exactly this: what is left out falls back to its default.

        The defaults of the two numbers cannot be passed, only left out.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
        """
        return {
            "MinimumPasswordLength": self.length,
            "RequireSymbols": self.symbols,
            "RequireNumbers": self.numbers,
            "RequireUppercaseCharacters": self.uppercase,
            "RequireLowercaseCharacters": self.lowercase,
            "AllowUsersToChangePassword": self.may_change,
            "HardExpiry": self.hard_expiry,
            **({"MaxPasswordAge": self.max_age} if self.max_age else {}),
            **({"PasswordReusePrevention": self.reuse} if self.reuse else {}),
        }


IAMS_OWN = PasswordRules(8)
"""What IAM demands where an account has no policy, as far as a policy can say it.

Three kinds of characters of four it demands too: all four are more.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""


@value
class PasswordPolicy(Observation):
    """What an account requires of its users' passwords.

    Attributes
    ----------
    rules : PasswordRules or None
        The policy; None if the account has none and IAM's default applies.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html
    """

    rules: PasswordRules | None = None

    permissions: ClassVar = (Permission("iam:GetAccountPasswordPolicy", ("*",), reason=OF_THE_ACCOUNT),)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read the policy."""
        if not isinstance(ref, AccountRef):
            return cls()
        (answer,) = yield (Call("iam", "GetAccountPasswordPolicy", expected=NO_SUCH_ENTITY),)
        return cls() if isinstance(answer, Failed) else cls(PasswordRules.of(answer.child("PasswordPolicy")))
