"""A bucket's default encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, is_denied, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

NO_ENCRYPTION = ("ServerSideEncryptionConfigurationNotFoundError",)
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
        """The account of the key; empty where the key's name does not tell."""
        parts = self.key.split(":")
        return parts[4] if parts[0] == "arn" and len(parts) > 5 else ""  # noqa: PLR2004 - arn:aws:kms:region:account:key


@value
class BucketEncryption(Observation):
    """The default; None where there is none. `readable`: whether S3 showed it."""

    default: Encryption | None = None
    readable: bool = True

    permissions: ClassVar = on_buckets("GetEncryptionConfiguration")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read it: S3 keeps one rule."""
        (answer,) = yield (of_bucket(ref, "GetBucketEncryption", *NO_ENCRYPTION, *DENIED),)
        return cls(_default(present(answer, ref)), readable=not is_denied(answer))


def _default(answer: Answer) -> Encryption | None:
    if isinstance(answer, Failed):
        return None
    for rule in answer.child("ServerSideEncryptionConfiguration").children("Rules"):
        if rule.has("ApplyServerSideEncryptionByDefault"):
            default = rule.child("ApplyServerSideEncryptionByDefault")
            return Encryption(
                default.text("SSEAlgorithm"),
                default.optional_text("KMSMasterKeyID") or "",
                rule.flag("BucketKeyEnabled"),
                rule.optional_child("BlockedEncryptionTypes").texts("EncryptionType"),
            )
    return None
