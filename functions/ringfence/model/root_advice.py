"""The instructions for a person after a use of the root user. Ringfence cannot change anything.

https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


def what_a_person_does(account: str) -> Iterator[str]:
    """Yield the instructions in order."""
    yield f"ask the owner of the root credentials of account {account} whether they used them, and why"
    yield (
        "if nobody confirms it, assume an intruder: no policy inside the account limits its root user. "
        "In a member account, use the organization's management account to delete the root credentials "
        "(central root access, sts:AssumeRoot). In any other account, sign in as the root user, change "
        "its password, delete its access keys, check its MFA devices and its email address, and contact "
        "AWS Support"
    )
    yield (
        "if they confirm it, stop using the root user: use a role for work that does not need it, enable "
        "MFA for the root user, and delete its access keys"
    )


def notify_only_reason(account: str, at: datetime, *, central: bool = False) -> str:
    """Return the reason for a notification about a use of the root user, once for each day (UTC).

    `central`: a session of central root access, for which nobody needs root credentials.
    """
    if central:
        return (
            f"central root access (sts:AssumeRoot) to account {account} was used on {at.date()}: ask the "
            "administrators of central root access in the organization's management account, or in its "
            "delegated administrator for IAM, who requested the session and why; CloudTrail records "
            "AssumeRoot there. If nobody confirms it, assume an intruder with access to that account"
        )
    steps = "; ".join(what_a_person_does(account))
    return f"the root user of account {account} was used on {at.date()}: {steps}"
