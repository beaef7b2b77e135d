"""Set a strong password policy for an account. Existing requirements never become weaker.

It breaks no workload, because only people use console passwords. Requirements on length, characters or
reuse apply to the next password. With a maximum age, users with an older password must set a new one at the
next sign-in. A new age therefore comes with the permission of all users to change their own passwords, which
otherwise does not change. If only an administrator can set an expired password (hard expiry), a shorter age
would lock out people at once, administrators included. So that change is left to a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.remediation import Option, remediation
from ringfence.model.step import counted
from ringfence.model.subject import IdentityRef
from ringfence.observations.iam.password_policy import IAMS_OWN, PasswordPolicy, PasswordRules
from ringfence.steps.iam.password_policy import SetPasswordPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

LENGTH, REUSE, AGE = "minimum-length", "reuse-prevention", "max-age"


def demanded(incident: Incident) -> PasswordRules:
    """Return the requirements of the options. All kinds of characters are always required."""
    return PasswordRules(
        length=int(incident.choice(LENGTH)),
        symbols=True,
        numbers=True,
        uppercase=True,
        lowercase=True,
        max_age=int(incident.choice(AGE)),
        reuse=int(incident.choice(REUSE)),
    )


def stricter(there: PasswordRules, wanted: PasswordRules) -> PasswordRules:
    """Return the stricter of two values for each requirement.

    A new maximum age gives users the permission to change their own passwords. Otherwise it would lock out
    everybody with an older password who has no such permission in a policy.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """
    age = there.max_age if there.hard_expiry else _sooner(there.max_age, wanted.max_age)
    return replace(
        there,
        length=max(there.length, wanted.length),
        symbols=there.symbols or wanted.symbols,
        numbers=there.numbers or wanted.numbers,
        uppercase=there.uppercase or wanted.uppercase,
        lowercase=there.lowercase or wanted.lowercase,
        max_age=age,
        reuse=max(there.reuse, wanted.reuse),
        may_change=there.may_change or age != there.max_age,
    )


def _sooner(one: int, other: int) -> int:
    """Return the shorter age. 0 means no limit."""
    return min(one, other) if one and other else one or other


def shuts_out(account: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield which maximum age was not set, and why."""
    there = account[PasswordPolicy].rules
    wanted = int(incident.choice(AGE))
    if there and there.hard_expiry and _sooner(there.max_age, wanted) != there.max_age:
        now = counted(there.max_age, "day") if there.max_age else "none"
        yield (
            f"the maximum age of passwords is still {now} and was not set to {counted(wanted, 'day')}: the "
            "policy allows only an administrator to set an expired password, so users with an older password "
            "would lose their access at once; a person must decide"
        )


@remediation(
    id="set-password-policy",
    title="Set a strong password policy for an account",
    subject=IdentityRef,
    triggers=(
        judged_by("iam-password-policy"),
        recorded("iam", "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"),
    ),
    observations=(PasswordPolicy,),
    steps=(SetPasswordPolicy,),
    references=("NIST 800-53 IA-5(1)", "ATT&CK T1110"),
    countermeasures=("D3-SPP",),
    controls=("password-policy",),
    options=(
        Option(
            LENGTH,
            ("14",),
            "the minimum number of characters of a password. 14: the default of the AWS Config rule, and "
            "required by the CIS benchmark",
            pattern=r"[6-9]|[1-9][0-9]|1[01][0-9]|12[0-8]",
        ),
        Option(
            REUSE,
            ("24",),
            "the number of earlier passwords that users cannot reuse. 24: the maximum of IAM, the default of "
            "the AWS Config rule, and required by the CIS benchmark; 0: no requirement",
            pattern=r"[0-9]|1[0-9]|2[0-4]",
        ),
        Option(
            AGE,
            ("90",),
            "the number of days for which a password is valid. 90: the default of the AWS Config rule, and "
            "required by PCI DSS for users without MFA; 0: no limit, as in the current CIS benchmark",
            pattern=r"0|[1-9][0-9]{0,2}|10[0-8][0-9]|109[0-5]",
        ),
    ),
    needs_review=shuts_out,
)
def set_password_policy(account: ResourceState, incident: Incident) -> Iterator[Step]:
    """Replace the policy if it requires too little."""
    there = account[PasswordPolicy].rules
    after = stricter(there or IAMS_OWN, demanded(incident))
    if after != there:
        yield SetPasswordPolicy(there, after)
