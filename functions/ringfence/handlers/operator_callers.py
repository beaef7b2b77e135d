"""Verify who sends an operator's request, before anything is read or done for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringfence.model.errors import Forged
from ringfence.model.signed_identity import HEADER, SignedIdentity, request_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class IdentityService(Protocol):
    """Who signed a call, according to STS."""

    def arn(self, identity: SignedIdentity, digest: str, account: str) -> str:
        """Return the ARN. Raises Forged and Retryable."""
        ...


class Used(Protocol):
    """The proofs that were used."""

    def use(self, identity: SignedIdentity, now: datetime) -> None:
        """Use a proof. Raises Forged if it was used before, and Retryable."""
        ...


@dataclass(frozen=True)
class CallerCheck:
    """Verifies callers.

    The API verifies them as well, but everybody who may invoke the function can make up what the API says.
    """

    sts: IdentityService
    used: Used
    clock: Callable[[], datetime]

    def arn(self, request: Received, account: str, *, once: bool) -> str:
        """Return the caller's ARN. `account` is the function's. `once`: the proof is used up.

        Raises Forged, and Retryable if STS or the table does not answer.
        """
        if not request.api_arn:
            raise Forged("the request did not come through the API")
        if not request.proof:
            raise Forged(
                f"{HEADER}: is missing. Send the request with the `ringfence` command of this version"
            )
        identity = SignedIdentity.of(request.proof)
        identity.check_time(self.clock())
        arn = self.sts.arn(identity, request_digest(request.path, request.body, identity.nonce), account)
        if arn != request.api_arn:
            raise Forged(f"the request was signed by {arn}, and the API names {request.api_arn}")
        if once:
            self.used.use(identity, self.clock())
        return arn


@dataclass(frozen=True)
class Received:
    """A request: its path and body, the header with the proof, and the caller whom the API names."""

    path: str
    body: bytes
    proof: str
    api_arn: str
