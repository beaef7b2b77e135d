"""What else a user signs in with, beside access keys and a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.frozen import frozen
from ringfence.model.observation import Observation
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import FINDING_USERS, USERS, user_of

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@frozen
class Kind:
    """A kind of credential: what IAM calls it in its actions, parameters and answers."""

    words: str
    listed: str
    items: str
    id: str
    updated: str
    pages: bool = True


KINDS = {
    kind.words: kind
    for kind in (
        Kind(
            "service-specific credential",
            "ListServiceSpecificCredentials",
            "ServiceSpecificCredentials",
            "ServiceSpecificCredentialId",
            "UpdateServiceSpecificCredential",
            pages=False,
        ),
        Kind(
            "signing certificate",
            "ListSigningCertificates",
            "Certificates",
            "CertificateId",
            "UpdateSigningCertificate",
        ),
        Kind("SSH public key", "ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId", "UpdateSSHPublicKey"),
    )
}


@value
class Credential:
    """A credential of one of the kinds, and its status: Active, Inactive, or Expired."""

    kind: str
    id: str
    status: str


@value
class OtherCredentials(Observation):
    """The user's credentials that are neither access keys nor a password.

    Attributes
    ----------
    user : str
        The user's name; empty if the subject is no user's.
    credentials : tuple of Credential
        Each with its kind, its id and its status.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html
    """

    user: str = ""
    credentials: tuple[Credential, ...] = ()

    permissions: ClassVar = (
        *FINDING_USERS,
        *(Permission(f"iam:{kind.listed}", (USERS,)) for kind in KINDS.values()),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """List each kind, side by side."""
        name = yield from user_of(ref, past)
        if not name:
            return cls()
        answers = yield tuple(
            Call("iam", kind.listed, {"UserName": name}, pages=kind.pages, expected=NO_SUCH_ENTITY)
            for kind in KINDS.values()
        )
        found = (
            one
            for kind, answer in zip(KINDS.values(), answers, strict=True)
            for one in _credentials(kind, answer)
        )
        return cls(name, tuple(found))

    def credential(self, kind: str, id_: str) -> Credential | None:
        """Return one of them; None if it does not exist."""
        return next((one for one in self.credentials if (one.kind, one.id) == (kind, id_)), None)


def _credentials(kind: Kind, answer: Answer) -> tuple[Credential, ...]:
    if isinstance(answer, Failed):
        return ()
    return tuple(
        Credential(kind.words, one.text(kind.id), one.text("Status")) for one in answer.children(kind.items)
    )
