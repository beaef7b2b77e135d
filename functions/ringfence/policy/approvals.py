"""Who may approve a plan, until when, and what follows if nobody answers. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from ringfence.model.codec import value


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
