"""AWS accounts."""

from __future__ import annotations

from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import ACCOUNT, HUMAN, IdentityRef, RecordedCalls


@value
class AccountRef(IdentityRef):
    """An account, by its id, for example for its password policy."""

    kind: ClassVar = "account"
    used_by: ClassVar = HUMAN
    form: ClassVar = "a 12-digit account id"
    pattern: ClassVar = ACCOUNT
    example: ClassVar = "111122223333"
    config_type: ClassVar = "AWS::::Account"
    calls: ClassVar = (RecordedCalls("iam", ("DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy")),)
