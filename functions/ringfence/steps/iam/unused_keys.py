"""Steps on access keys that nobody uses: notice is given first, then the key is deactivated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State
from ringfence.observations.iam.user_keys import UserKeys
from ringfence.steps.iam.access_keys import ActivateAccessKey, DeactivateAccessKey

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.observation import Observation, ResourceState


@value
class GiveNotice(LogOnlyStep):
    """Announce that a key will be deactivated unless somebody uses it.

    Attributes
    ----------
    user : str
        The name of the user.
    key : str
        The id of the access key.
    at : datetime
        When the grace period begins, in UTC.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
    """

    user: str
    key: str
    at: datetime

    observation: ClassVar = UserKeys

    @property
    def target(self) -> str:
        """The notice about the key."""
        return f"access-key/{self.key}/notice"

    def describe(self) -> str:
        """Describe the change."""
        return (
            f"give notice that access key {self.key} of user {self.user} will be deactivated unless "
            "somebody uses it"
        )

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "none", f"given on {self.at.date()}"


class _AmongUserKeys:
    """An access key, seen in the list of its user's keys with their last uses."""

    key: str
    before: str
    after: str

    observation: ClassVar[type[Observation]] = UserKeys

    def state(self, observed: ResourceState) -> State:
        """Compare the status."""
        key = observed[UserKeys].key(self.key)
        if key is None:
            return State.GONE
        if key.status == self.after:
            return State.AFTER
        return State.BEFORE if key.status == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the status of the key."""
        seen = observed[UserKeys]
        keys = (replace(one, status=self.after) if one.id == self.key else one for one in seen.keys)
        return observed.with_observation(replace(seen, keys=tuple(keys)))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        key = observed[UserKeys].key(self.key)
        return key.status if key else "none"


@value
class DeactivateUnusedKey(_AmongUserKeys, DeactivateAccessKey):
    """Deactivate an access key that nobody uses.

    Attributes
    ----------
    at : datetime or None
        Until when nobody had used it, in UTC.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
    """

    at: datetime | None = None


@value
class ActivateUnusedKey(_AmongUserKeys, ActivateAccessKey):
    """Activate an access key again that nobody used.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
    """

    at: datetime | None = None

    inverse_type: ClassVar = DeactivateUnusedKey


DeactivateUnusedKey.inverse_type = ActivateUnusedKey
