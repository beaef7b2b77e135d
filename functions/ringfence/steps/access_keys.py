"""The step that makes an access key work or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.core.answers import accept
from ringfence.core.call import Call, Permission
from ringfence.core.codec import value
from ringfence.core.step import Done, State, Step
from ringfence.facets.access_key import ACTIVE, AccessKey, Key
from ringfence.facets.identity import NO_SUCH_ENTITY
from ringfence.facets.principals import USERS

if TYPE_CHECKING:
    from ringfence.core.facet import Observed
    from ringfence.core.step import Changing, Names

_REFUSED = ("InvalidInput", "LimitExceeded")


@value
class SetAccessKeyStatus(Step):
    """Deactivate an access key of a user; its undo activates it, since it was active before.

    IAM knows one action for both, so they are one class.
    """

    user: str
    key: str
    before: str
    after: str

    facet: ClassVar = AccessKey
    permissions: ClassVar = (Permission("iam:UpdateAccessKey", (USERS,)),)

    @property
    def target(self) -> str:
        """The key's status."""
        return f"access-key/{self.key}/status"

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Set the status.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
        """
        (answer,) = yield (
            Call(
                "iam",
                "UpdateAccessKey",
                {"UserName": self.user, "AccessKeyId": self.key, "Status": self.after},
                expected=(*NO_SUCH_ENTITY, *_REFUSED),
            ),
        )
        accept(answer, gone=NO_SUCH_ENTITY, refused=_REFUSED)
        return Done()

    def state(self, observed: Observed) -> State:
        """Compare the status."""
        key = observed[AccessKey].key(self.key)
        if key is None:
            return State.GONE
        if key.status == self.after:
            return State.AFTER
        return State.BEFORE if key.status == self.before else State.DRIFTED

    def effect(self, observed: Observed) -> Observed:
        """Set the status of the key."""
        seen = observed[AccessKey]
        keys = tuple(Key(one.id, self.after) if one.id == self.key else one for one in seen.keys)
        return observed.seen(replace(seen, keys=keys))

    def found(self, observed: Observed) -> str:
        """Name the status that it has."""
        key = observed[AccessKey].key(self.key)
        return key.status if key else "none"

    def words(self) -> str:
        """Say which key of whom."""
        verb = "activate" if self.after == ACTIVE else "deactivate"
        return f"{verb} access key {self.key} of user {self.user}"
