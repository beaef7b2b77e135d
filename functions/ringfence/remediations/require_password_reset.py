"""Require a new password from a compromised user whose access is denied completely.

A login profile cannot be disabled, only deleted permanently. A reset alone would let everybody who knows
the old password choose the new one. Behind the denial that has no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.remediation import remediation
from ringfence.model.subject import PrincipalRef, RecordedCalls
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.reach import Reach
from ringfence.observations.iam.user_access import has_own_credentials, trusts_other_access
from ringfence.steps.iam.password import SetPasswordReset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def still_signs_in(principal: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield that the password works, and what happens to it."""
    password = principal[Password]
    if not password.user:
        return
    if not principal[Denial].covers(Reach()):
        yield (
            f"user {password.user} has a password, and everybody who knows it can sign in; it was not "
            "reset, because the next person to sign in would choose the new one; deny the user all "
            "access first"
        )
    else:
        yield (
            f"user {password.user} has a password: the first person to sign in chooses a new one. Before "
            "you release the denial, set a password that nobody else knows"
        )


def open_password(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that the password works, unless everything is denied."""
    if not has_own_credentials(principal) or trusts_other_access(incident):
        return
    if Password in principal.unread or Denial in principal.unread:
        yield "whether the principal has a password that works could not be read"
        return
    yield from still_signs_in(principal, incident)


@remediation(
    id="require-password-reset",
    title="Require a new password from a compromised user",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(Denial, Password),
    steps=(SetPasswordReset,),
    references=("NIST 800-53 IR-4", "NIST 800-53 IA-5", "ATT&CK T1078.004"),
    countermeasures=("D3-CRO",),
    undone_by=(
        RecordedCalls(
            "iam",
            (
                "ChangePassword",
                "CreateLoginProfile",
                "UpdateLoginProfile",
            ),
        ),
    ),
    residual_risk=still_signs_in,
    open_access=open_password,
    interrupts=True,
)
def require_password_reset(principal: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Require it if there is a password and all access of the user is denied."""
    password = principal[Password]
    if password.user and not password.reset and principal[Denial].covers(Reach()):
        yield SetPasswordReset(password.user, before=False, after=True)
