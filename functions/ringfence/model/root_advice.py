"""What a person does about a use of the root user: nothing that could be done from here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


def what_a_person_does(account: str) -> Iterator[str]:
    """List it, in order."""
    yield f"ask whoever holds the root credentials of account {account} whether it was they, and for what"
    yield (
        "if nobody says so, take it for an intruder: no policy inside the account limits its root user. In a "
        "member account, let the organization's management account delete the root credentials (central root "
        "access, sts:AssumeRoot); elsewhere sign in as the root user, change its password, delete its access "
        "keys, check its MFA devices and its email address, and tell AWS Support"
    )
    yield (
        "if it was they, keep it the last time: leave to a role what does not need the root user, and have "
        "MFA on it and no access keys"
    )


def notify_only_reason(account: str, at: datetime) -> str:
    """Say why a person is told of the root user's use on a day (UTC): each day anew, and once."""
    steps = "; ".join(what_a_person_does(account))
    return f"the root user of account {account} was used on {at.date()}: {steps}"
