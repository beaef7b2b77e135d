"""A bucket's default encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.codec import value
from ringfence.observations.s3.calls import BucketObservation, on_buckets

if TYPE_CHECKING:
    from ringfence.model.document import Document

AES256, KMS = "AES256", "aws:kms"


@value
class Encryption:
    """One default. `key` is a KMS key's ARN, id or alias, empty for AWS's own.

    `blocked` are ways to encrypt that the bucket does not take.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html
    """

    algorithm: str
    key: str = ""
    bucket_key: bool = False
    blocked: tuple[str, ...] = ()

    @property
    def with_kms(self) -> bool:
        """Whether KMS holds the key: singly or in two layers."""
        return self.algorithm.startswith(KMS)

    @property
    def owner(self) -> str:
        """The account of the key; empty if the key's name does not tell."""
        parts = self.key.split(":")
        return parts[4] if parts[0] == "arn" and len(parts) > 5 else ""  # noqa: PLR2004 - arn:aws:kms:region:account:key


@value
class BucketEncryption(BucketObservation):
    """The default encryption of a bucket.

    Attributes
    ----------
    default : Encryption or None
        The default; None if there is none.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
    """

    default: Encryption | None = None

    operation: ClassVar = "GetBucketEncryption"
    permissions: ClassVar = on_buckets("GetEncryptionConfiguration")
    unset: ClassVar = ("ServerSideEncryptionConfigurationNotFoundError",)

    @classmethod
    def of_answer(cls, answer: Document) -> Self:
        """Read the default: S3 keeps one rule."""
        for rule in answer.child("ServerSideEncryptionConfiguration").children("Rules"):
            if rule.has("ApplyServerSideEncryptionByDefault"):
                return cls(_default(rule))
        return cls()


def _default(rule: Document) -> Encryption:
    default = rule.child("ApplyServerSideEncryptionByDefault")
    return Encryption(
        default.text("SSEAlgorithm"),
        default.optional_text("KMSMasterKeyID") or "",
        rule.flag("BucketKeyEnabled"),
        rule.optional_child("BlockedEncryptionTypes").texts("EncryptionType"),
    )
