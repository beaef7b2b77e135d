"""Steps on a service-specific credential, certificate or SSH key: what stops it, and its undo.

Two classes for the reason that access keys have two: IAM's actions work both ways.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.frozen import frozen
from ringfence.model.step import Done, State
from ringfence.observations.iam.access_key import ACTIVE, INACTIVE
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.other_credentials import KINDS, OtherCredentials
from ringfence.observations.iam.principals import USERS
from ringfence.steps.iam.sharers import SharedStep

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("InvalidInput", "LimitExceeded")


@frozen
class _OfUser:
    """The field of `located`."""

    user: str


class _CredentialStatusStep(SharedStep):
    """What deactivating and activating have in common."""

    user: str
    kind: str
    id: str
    before: str
    after: str

    observation: ClassVar = OtherCredentials
    survives_subject: ClassVar = True
    permissions: ClassVar = tuple(Permission(f"iam:{kind.updated}", (USERS,)) for kind in KINDS.values())
    status: ClassVar[str]
    """What the credential's status becomes: never what a record says."""

    @property
    def owner(self) -> str:
        """The user."""
        return self.user

    @property
    def target(self) -> str:
        """The credential's status."""
        return f"{self.kind}/{self.id}/status"

    def located(self, observed: ResourceState) -> Self:
        """Return the step on the user with its name of now."""
        seen, known = observed[OtherCredentials], cast("_OfUser", self)
        return cast("Self", replace(known, user=seen.user)) if seen.credential(self.kind, self.id) else self

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Set the status."""
        kind = KINDS[self.kind]
        parameters = {"UserName": self.user, kind.id: self.id, "Status": self.status}
        (answer,) = yield (Call("iam", kind.updated, parameters, expected=(*NO_SUCH_ENTITY, *_REFUSED)),)
        accept(answer, not_found=NO_SUCH_ENTITY, refused=_REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the status."""
        seen = observed[OtherCredentials].credential(self.kind, self.id)
        if seen is None:
            return State.GONE
        if seen.status == self.after:
            return State.AFTER
        return State.BEFORE if seen.status == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the status of the credential."""
        seen = observed[OtherCredentials]
        credentials = tuple(
            replace(one, status=self.after) if (one.kind, one.id) == (self.kind, self.id) else one
            for one in seen.credentials
        )
        return observed.with_observation(replace(seen, credentials=credentials))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        seen = observed[OtherCredentials].credential(self.kind, self.id)
        return seen.status if seen else "none"


@value
class DeactivateCredential(_CredentialStatusStep):
    """Deactivate a credential of a user.

    Attributes
    ----------
    user : str
        The name of the user.
    kind : str
        The kind of credential, a key of `KINDS`.
    id : str
        The id of the credential.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSigningCertificate.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html
    """

    user: str
    kind: str
    id: str
    before: str
    after: str

    status: ClassVar = INACTIVE

    def describe(self) -> str:
        """Describe the change."""
        return f"deactivate {self.kind} {self.id} of user {self.user}"


@value
class ActivateCredential(_CredentialStatusStep):
    """Activate a credential of a user that was active before.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSigningCertificate.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html
    """

    user: str
    kind: str
    id: str
    before: str
    after: str

    status: ClassVar = ACTIVE
    inverse_type: ClassVar = DeactivateCredential

    def describe(self) -> str:
        """Describe the change."""
        return f"activate {self.kind} {self.id} of user {self.user}"


DeactivateCredential.inverse_type = ActivateCredential
