"""The public key of the transparency log, and the check of signatures without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.record.tlog import LogKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

    from ringfence.aws.home import HomePlace
    from ringfence.record.tlog import Verify


def log_key(given: str, origin: str, place: HomePlace) -> LogKey:
    """Return the key of the log with this origin.

    `given` is a verifier key, `name+id+key`, or the ARN of a key in KMS. Raises BadInput, Retryable.
    """
    if "+" in given:
        return LogKey.read(given)
    from ringfence.aws.log_signer import KmsSigner

    return KmsSigner(cast("KMSClient", place.client("kms")), given, origin).key


def verifier(key: LogKey) -> Verify:
    """Return the check of this key's signatures."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(key.public)

    def verify(message: bytes, signature: bytes) -> bool:
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify
