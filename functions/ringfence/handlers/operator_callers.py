"""Verify who sends an operator's request, before anything is read or done for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringfence.handlers.operator_types import FOR_CHAT, Forbidden, request_document
from ringfence.model.errors import BadInput, Forged
from ringfence.model.resource_names import CHAT, function_role
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
    `chat_role` is the role whose members answer with buttons in chat. Empty if there are no buttons.
    """

    sts: IdentityService
    used: Used
    clock: Callable[[], datetime]
    chat_role: str = ""

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

    def actor(self, arn: str, path: str, body: Callable[[], object]) -> str:
        """Return who acts: the caller, or the role for whose members the function behind the buttons asks.

        That function asks for nobody else. Raises Forbidden and BadInput for what a button cannot ask.
        """
        account = arn.split(":")[4]
        if not arn.startswith(f"arn:aws:sts::{account}:assumed-role/{function_role(CHAT)}/"):
            return arn
        if not self.chat_role:
            raise Forbidden("no role answers with buttons in chat in this deployment")
        if path not in FOR_CHAT:
            raise Forbidden(f"buttons in chat cannot ask for {path}")
        document = request_document(body(), *FOR_CHAT[path])
        if not document.has("incident"):
            raise BadInput("incident", "is required: a button is about one incident")
        return self.chat_role


@dataclass(frozen=True)
class Received:
    """A request: its path and body, the header with the proof, and the caller whom the API names."""

    path: str
    body: bytes
    proof: str
    api_arn: str
