"""The worlds of `harden-identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.observation import ResourceState
from ringfence.observations.iam.password_policy import PasswordPolicy, PasswordRules
from ringfence.observations.iam.password_use import PasswordUse
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from tests.support.runbook_worlds import Case
from tests.support.strategies.identity import KEY, OTHER, PERSON, ROOT, WHOLE, ago

if TYPE_CHECKING:
    from ringfence.model.subject import IdentityRef

KEYS = (DatedKey(KEY, "Active", ago(400)), DatedKey(OTHER, "Active", ago(400), ago(200)))
WEAK = PasswordRules(6, max_age=400, reuse=3)


def busy(
    ref: IdentityRef, keys: tuple[DatedKey, ...] = (), rules: PasswordRules | None = None
) -> ResourceState:
    """A subject with everything to do, seen through what there is of it."""
    seen = (
        ResourceState(ref).with_observation(UserKeys("deploy", keys)).with_observation(PasswordPolicy(rules))
    )
    return seen.with_observation(PasswordUse("deploy", ago(400), ago(300)))


CASES = {
    "user": Case(
        HARDEN_IDENTITY,
        busy(PERSON, KEYS),
        ("Config:iam-user-unused-credentials-check",),
        {"grace-days": "0"},
    ),
    "account": Case(HARDEN_IDENTITY, busy(WHOLE, rules=WEAK), ("Config:iam-password-policy",)),
    "root": Case(HARDEN_IDENTITY, busy(ROOT), ("Root:SignIn",)),
}
