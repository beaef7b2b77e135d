"""Sign checkpoints with an Ed25519 key in KMS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission
from ringfence.record.tlog import LogKey, public_key

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_ALGORITHM: Final = "ED25519_SHA_512"
_RAW: Final = "RAW"
"""KMS signs messages of up to 4,096 bytes. Ed25519 needs the message itself, and not its digest.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""
_ONLY = (("StringEquals", "kms:SigningAlgorithm", (_ALGORITHM,)),)
READ_PERMISSIONS = (Permission("kms:GetPublicKey", ("{log_key}",)),)
SIGN_PERMISSIONS = (
    *READ_PERMISSIONS,
    Permission("kms:Sign", ("{log_key}",), _ONLY),
    Permission("kms:Verify", ("{log_key}",), _ONLY),
)
"""The permissions to read the log's public key, and to sign. `{log_key}` is the ARN of the key."""


@dataclass(frozen=True)
class KmsSigner:
    """The key of the log with this name. Raises Retryable if KMS fails."""

    client: KMSClient
    arn: str
    name: str

    @cached_property
    def key(self) -> LogKey:
        """The public key."""
        with raised("kms:GetPublicKey"):
            found = self.client.get_public_key(KeyId=self.arn)
        return LogKey(self.name, public_key(found["PublicKey"]))

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        with raised("kms:Sign"):
            found = self.client.sign(
                KeyId=self.arn, Message=message, MessageType=_RAW, SigningAlgorithm=_ALGORITHM
            )
        return found["Signature"]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether a signature fits."""
        with raised("kms:Verify"):
            try:
                found = self.client.verify(
                    KeyId=self.arn,
                    Message=message,
                    MessageType=_RAW,
                    Signature=signature,
                    SigningAlgorithm=_ALGORITHM,
                )
            except ClientError as error:
                if code_of(error) != "KMSInvalidSignatureException":
                    raise
                return False
        return found["SignatureValid"]
