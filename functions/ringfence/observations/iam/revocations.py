"""Revocations of a role's older credentials: what they deny, how long, and what their policies are called."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.observations.iam.instance_denials import policy_of
from ringfence.observations.iam.reach import short_digest

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.subject import Ref

_NAME = "ringfence-revoke-before-"
_TEXT = re.compile(r"([0-9]{8}T[0-9]{6}Z)(?:-([0-9a-f]{10}))?")
_FORMAT = "%Y%m%dT%H%M%SZ"
PROTECTS = timedelta(days=7)
"""After this time a revocation protects nothing. No temporary credentials of AWS last longer than 36 hours.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""


@value
class Revocation:
    """Credentials that were issued before `instant` are denied everything.

    `holder` belongs to the subject of an incident, so that each incident has its own revocation. Earlier
    versions wrote policies without one.
    """

    instant: datetime
    holder: str = ""

    def is_over(self, now: datetime) -> bool:
        """Return whether every credential that it denies has expired."""
        return now >= self.instant + PROTECTS


def whole_second(instant: datetime) -> datetime:
    """Return the instant rounded up to the second, which is what conditions are written in."""
    rounded = instant.astimezone(UTC).replace(microsecond=0)
    return rounded if rounded == instant else rounded + timedelta(seconds=1)


def holder_of(ref: Ref) -> str:
    """Return what distinguishes the policies of a subject's incidents from those of others."""
    return short_digest(ref.key)


def revocation_text(one: Revocation) -> str:
    """Return a revocation as a text of letters, digits and hyphens."""
    ending = f"-{one.holder}" if one.holder else ""
    return f"{one.instant.astimezone(UTC).strftime(_FORMAT)}{ending}"


def revocation_of(text: str) -> Revocation | None:
    """Read such a text. None for any other one."""
    found = _TEXT.fullmatch(text)
    if not found:
        return None
    try:
        instant = datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Revocation(instant, found[2] or "")


def revocation_name(instant: datetime, holder: str = "") -> str:
    """Name the inline policy that revokes the sessions issued before an instant."""
    return _NAME + revocation_text(Revocation(instant, holder))


def revocation_named(name: str) -> Revocation | None:
    """Return what the name of such a policy says. None for any other name."""
    return revocation_of(name.removeprefix(_NAME)) if name.startswith(_NAME) else None


def revocation_in(name: str, policy: Answer) -> Revocation | None:
    """Return the revocation by a policy. None if the policy does not say what its name says."""
    found = revocation_named(name)
    return found if found and policy_of(policy) == revocation(found.instant) else None


def revocation(instant: datetime) -> dict[str, object]:
    """Return that policy: the one that the console's "revoke active sessions" writes, under our own name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    issued = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RingfenceRevokeOlderSessions",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": issued}},
            }
        ],
    }
