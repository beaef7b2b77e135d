"""STS with the keys of two people and a function, and a memory of used proofs. It verifies signatures."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.credentials import Credentials

from ringfence.aws.identity import signed_identity
from ringfence.handlers.operator_callers import CallerCheck
from ringfence.local.hooks.sts import signature
from ringfence.model.errors import Forged
from ringfence.model.signed_identity import SIGNED_HEADER, SignedIdentity, arn_in
from tests.support.fakes.site import KIM

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-west-1"
HOST = f"sts.{REGION}.amazonaws.com"
ENDPOINT = f"https://{HOST}"
MALLORY = "arn:aws:iam::111122223333:user/mallory"
BUTTON = "arn:aws:sts::111122223333:assumed-role/ringfence-chat-function/ringfence-chat"
"""The function behind the buttons in chat."""
KEYS = {
    KIM: Credentials("ASIAIOSFODNN7EXAMPLE", "kims-secret", "kims-token=="),
    BUTTON: Credentials("ASIAIOSFODNN7BUTTON0", "buttons-secret", "buttons-token=="),
    MALLORY: Credentials("AKIAIOSFODNN7MALLORY", "mallorys-secret"),
}


def proof(path: str, body: bytes, who: str = KIM, region: str = REGION) -> SignedIdentity:
    """Return the proof that somebody's command line sends with a request."""
    return signed_identity(KEYS[who].get_frozen_credentials(), region, ENDPOINT, path, body)


@dataclass
class Sts:
    """STS. `status` replaces the status of its answers."""

    status: int = 0
    asked: int = 0

    def arn(self, identity: SignedIdentity, digest: str, account: str) -> str:
        """Verify the signature of a call."""
        self.asked += 1
        query = dict(identity.query(REGION))
        for arn, keys in KEYS.items():
            expected = signature(keys.secret_key, {"host": HOST, SIGNED_HEADER: digest}, query)
            if (keys.access_key, keys.token or "", expected) == (
                identity.key,
                identity.token,
                identity.signature,
            ):
                found = {"Arn": arn, "Account": arn.split(":")[4], "UserId": "AROA"}
                document = {"GetCallerIdentityResponse": {"GetCallerIdentityResult": found}}
                return arn_in(self.status or 200, json.dumps(document).encode(), account)
        return arn_in(self.status or 403, b'{"Error": {"Code": "SignatureDoesNotMatch"}}', account)


@dataclass
class MemoryUsed:
    """The used proofs, in memory."""

    signatures: set[str] = field(default_factory=set)

    def use(self, identity: SignedIdentity, now: datetime) -> None:
        """Use a proof."""
        assert now.tzinfo
        if identity.signature in self.signatures:
            raise Forged("the request was sent before")
        self.signatures.add(identity.signature)


def real_time() -> datetime:
    """Return the time by which botocore signs."""
    return datetime.now(UTC)


def callers(clock: Callable[[], datetime] = real_time) -> CallerCheck:
    """Return a check of callers with its own memory."""
    return CallerCheck(Sts(), MemoryUsed(), clock)
