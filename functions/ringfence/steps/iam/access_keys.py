"""Steps on an access key: one makes it work no more, its undo makes it work again.

IAM has one action for both, and no condition key that tells them apart ("Actions, resources, and condition
keys for AWS Identity and Access Management (IAM)", Service Authorization Reference): a role that may
deactivate may activate. So they are two classes, and the one that activates is none of a runbook's: no code
on the way of an event can take it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.frozen import frozen
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.step import Done, State
from ringfence.observations.iam.access_key import ACTIVE, INACTIVE, AccessKey, KeyStep
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import USERS

if TYPE_CHECKING:
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Names
    from ringfence.model.subject import Ref

_REFUSED = ("InvalidInput", "LimitExceeded")


@frozen
class _OfUser:
    """The field of `located`."""

    user: str


class _KeyStatusStep(KeyStep):
    """What deactivating and activating have in common."""

    user: str
    key: str
    before: str
    after: str

    observation: ClassVar[type[Observation]] = AccessKey
    survives_subject: ClassVar = True
    permissions: ClassVar = (Permission("iam:UpdateAccessKey", (USERS,)),)
    status: ClassVar[str]
    """What the key's status becomes: never what a record says."""

    @property
    def owner(self) -> str:
        """The user."""
        return self.user

    @property
    def target(self) -> str:
        """The key's status."""
        return f"access-key/{self.key}/status"

    def affected_ref(self, ref: Ref) -> Ref:
        """Return the key, which can have its own incident beside the user's."""
        return AccessKeyRef(ref.account, ref.region, self.key, self.user)

    def located(self, observed: ResourceState) -> Self:
        """Return the step on the user with its name of now."""
        if AccessKey not in observed or not observed[AccessKey].key(self.key):
            return self
        known = cast("_OfUser", self)
        return cast("Self", replace(known, user=observed[AccessKey].user))

    def is_shared(self, ref: Ref) -> bool:
        """Return whether it is another key than the subject: incidents of other keys can need it too."""
        return self.key != ref.id

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Set the status.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
        """
        (answer,) = yield (
            Call(
                "iam",
                "UpdateAccessKey",
                {"UserName": self.user, "AccessKeyId": self.key, "Status": self.status},
                expected=(*NO_SUCH_ENTITY, *_REFUSED),
            ),
        )
        accept(answer, not_found=NO_SUCH_ENTITY, refused=_REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the status."""
        key = observed[AccessKey].key(self.key)
        if key is None:
            return State.GONE
        if key.status == self.after:
            return State.AFTER
        return State.BEFORE if key.status == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the status of the key."""
        seen = observed[AccessKey]
        keys = (replace(one, status=self.after) if one.id == self.key else one for one in seen.keys)
        return observed.with_observation(replace(seen, keys=tuple(keys)))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        key = observed[AccessKey].key(self.key)
        return key.status if key else "none"


@value
class DeactivateAccessKey(_KeyStatusStep):
    """Deactivate an access key of a user.

    Attributes
    ----------
    user : str
        The name of the user.
    key : str
        The id of the access key.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
    """

    user: str
    key: str
    before: str
    after: str

    status: ClassVar = INACTIVE

    def describe(self) -> str:
        """Describe the change."""
        return f"deactivate access key {self.key} of user {self.user}"


@value
class ActivateAccessKey(_KeyStatusStep):
    """Activate an access key of a user that was active before.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
    """

    user: str
    key: str
    before: str
    after: str

    status: ClassVar = ACTIVE
    inverse_type: ClassVar = DeactivateAccessKey

    def describe(self) -> str:
        """Describe the change."""
        return f"activate access key {self.key} of user {self.user}"


DeactivateAccessKey.inverse_type = ActivateAccessKey
