"""Steps on a KMS key that logs are written with: keep it from being deleted, make it usable again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.model.symbol import Ready
from ringfence.observations.logging.log_keys import DISABLED, KEYS, NO_KEY, TO_BE_DELETED, USABLE, LogKey

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

_REFUSED = ("InvalidArnException", "KMSInvalidStateException")
_KEPT = "KMS key is kept"
KEEP_READABLE = "without the key, logs cannot be written and nobody can read them"


class _KeyStep(Step):
    """A step on the key's state."""

    key_id: str

    observation: ClassVar = LogKey
    irreversible: ClassVar = KEEP_READABLE
    operation: ClassVar[str]
    refused: ClassVar[tuple[str, ...]] = _REFUSED
    leads_to: ClassVar[str]

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no id
        """Make the change."""
        call = Call("kms", self.operation, {"KeyId": self.key_id}, expected=(NO_KEY, *self.refused))
        (answer,) = yield (call,)
        accept(answer, not_found=(NO_KEY,), refused=self.refused)
        return Done()

    def effect(self, observed: ResourceState) -> ResourceState:
        """The key is in another state."""
        return observed.with_observation(replace(observed[LogKey], state=self.leads_to))


@value
class CancelDeletion(_KeyStep):
    """Cancel the deletion of a key, which leaves the key disabled.

    Attributes
    ----------
    key_id : str
        The id of the key.

    References
    ----------
    https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
    """

    key_id: str

    permissions: ClassVar = (Permission("kms:CancelKeyDeletion", KEYS),)
    operation: ClassVar = "CancelKeyDeletion"
    leads_to: ClassVar = DISABLED

    @property
    def target(self) -> str:
        """The deletion."""
        return f"key/{self.key_id}/deletion"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """A key that is not to be deleted can be enabled."""
        return (Ready(_KEPT, self.key_id),)

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the key is not going to be deleted."""
        now = observed[LogKey].state
        if not now:
            return State.GONE
        return State.BEFORE if now in TO_BE_DELETED else State.AFTER

    def describe(self) -> str:
        """Describe the change."""
        return f"cancel the deletion of KMS key {self.key_id}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "to be deleted", "disabled"


@value
class EnableKey(_KeyStep):
    """Enable a disabled key.

    Attributes
    ----------
    key_id : str
        The id of the key.

    References
    ----------
    https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
    """

    key_id: str

    permissions: ClassVar = (Permission("kms:EnableKey", KEYS),)
    operation: ClassVar = "EnableKey"
    refused: ClassVar = (*_REFUSED, "LimitExceededException")
    leads_to: ClassVar = USABLE

    @property
    def target(self) -> str:
        """The key's use."""
        return f"key/{self.key_id}/enabled"

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """It is not to be deleted."""
        return (Ready(_KEPT, self.key_id),)

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the resource is enabled."""
        now = observed[LogKey].state
        if not now:
            return State.GONE
        return State.AFTER if now == USABLE else State.BEFORE

    def describe(self) -> str:
        """Describe the change."""
        return f"enable KMS key {self.key_id}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "disabled", "enabled"
