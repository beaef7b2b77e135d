"""Who may approve a plan, until when, and what follows if nobody answers. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.codec import value

if TYPE_CHECKING:
    from collections.abc import Mapping


SHORTEST_VETO = 60
"""The least seconds in which people can veto a plan: EventBridge Scheduler is exact to a minute."""

DURATION = "[1-9][0-9]{0,3}[mhd]"
"""A duration in the policy file, such as 30m, 4h or 1d."""


class OnExpiry(StrEnum):
    """What follows if nobody answers in time. The plan is never carried out."""

    REJECT = "reject"
    ESCALATE = "escalate"
    """The current plan is sent once more, to the topic for escalations as well. After that it is rejected."""


@value
class ApprovalRules:
    """The rules of an approval. They are recorded with it, so a later policy does not change them.

    Attributes
    ----------
    expires : int
        The seconds until the approval expires.
    on_expiry : OnExpiry
        What follows then.
    veto : int
        With mode `auto-unless-vetoed`: the seconds from the notice until the plan is carried out.
    roles : tuple of str
        The ARNs of the IAM roles whose members may approve. Empty: everybody who may call the API's route.
    count : int
        How many people must approve, 1 or 2.
    other_than_requester : bool
        Whether somebody who requested a run in this incident may not approve.
    """

    expires: int = 4 * 3600
    on_expiry: OnExpiry = OnExpiry.REJECT
    veto: int = 300
    roles: tuple[str, ...] = ()
    count: int = 1
    other_than_requester: bool = False

    def __post_init__(self) -> None:
        """Convert the outcome from the text in the log. An unknown one raises an error."""
        object.__setattr__(self, "on_expiry", OnExpiry(self.on_expiry))

    @property
    def life(self) -> timedelta:
        """How long the approval waits for an answer."""
        return timedelta(seconds=self.expires)

    @property
    def delay(self) -> timedelta:
        """How long people can veto a plan."""
        return timedelta(seconds=self.veto)


_UNITS = {"m": 60, "h": 3600, "d": 86_400}


def seconds(duration: str) -> int:
    """Return a duration of the policy file, such as `30m`, `4h` or `1d`, in seconds.

    Examples
    --------
    >>> seconds("4h")
    14400
    """
    return int(duration[:-1]) * _UNITS[duration[-1]]


def compiled_approvals(given: Mapping[str, object]) -> dict[str, object]:
    """Return the compiled form of the policy's `approvals`, with all defaults."""
    people, default = given.get("approvers"), ApprovalRules()
    people = people if isinstance(people, dict) else {}
    roles = people.get("roles")
    return {
        "expires": seconds(str(given["expires"])) if "expires" in given else default.expires,
        "on_expiry": str(given.get("on-expiry", default.on_expiry)),
        "veto": seconds(str(given["veto-delay"])) if "veto-delay" in given else default.veto,
        "roles": list(roles) if isinstance(roles, list) else [],
        "count": people.get("count", default.count),
        "other_than_requester": people.get("other-than-requester", default.other_than_requester),
    }
