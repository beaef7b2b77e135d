"""The worlds of `harden-identity`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.observation import ResourceState
from ringfence.observations.iam.password_policy import PasswordPolicy, PasswordRules
from ringfence.observations.iam.password_use import PasswordUse
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from tests.support.runbook_worlds import Case, Worlds, by_observations, independent, of, own
from tests.support.strategies.identity import (
    BY_ID,
    KEY,
    OTHER,
    PERSON,
    REFS,
    ROOT,
    WHOLE,
    ago,
    identities,
    incident,
    incidents,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.step import Step
    from ringfence.model.subject import IdentityRef

FIX = own(HARDEN_IDENTITY)

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


def situations_with_everything_to_do() -> Iterator[tuple[ResourceState, Incident]]:
    """Yield users with unused keys after the grace period, and accounts with policies that are too weak."""
    for ref in (PERSON, BY_ID):
        yield busy(ref, KEYS), incident(grace_days="0")
    for rules in (None, PasswordRules(6, max_age=0), WEAK):
        yield busy(WHOLE, rules=rules), incident()


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step, and its way back."""
    planned = (
        step
        for state, at in situations_with_everything_to_do()
        for step in FIX.on(state.ref).stages[0].plan(state, at)
    )
    return tuple(
        one for step in planned for one in ((step,) if step.irreversible else (step, step.inverse()))
    )


CASES = {
    "user": Case(
        HARDEN_IDENTITY,
        busy(PERSON, KEYS),
        ("Config:iam-user-unused-credentials-check",),
        {"grace-days": "0"},
    ),
    "account": Case(HARDEN_IDENTITY, busy(WHOLE, rules=WEAK), ("Config:iam-password-policy",)),
    "root": Case(HARDEN_IDENTITY, busy(ROOT), ("Root:SignIn",), changes=False),
}
WORLDS = Worlds(
    FIX,
    CASES,
    independent(by_observations(identities), incidents),
    steps,
    of(*REFS),
)
