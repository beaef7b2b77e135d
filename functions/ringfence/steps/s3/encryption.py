"""The step on a bucket's default encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import State
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.observations.s3.encryption import AES256, BucketEncryption, Encryption
from ringfence.steps.s3.calls import BucketSetting

if TYPE_CHECKING:
    from ringfence.model.call import Call
    from ringfence.model.observation import ResourceState


@value
class SetBucketEncryption(BucketSetting):
    """Set the default encryption of new objects. Existing objects do not change.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
    """

    before: Encryption | None
    after: Encryption | None

    aspect: ClassVar = "default-encryption"
    observation: ClassVar = BucketEncryption
    field: ClassVar = "default"
    operation: ClassVar = "PutBucketEncryption"
    permissions: ClassVar = on_buckets("PutEncryptionConfiguration")
    refused: ClassVar = ("InvalidArgument", "InvalidRequest", "MalformedXML")

    def call(self) -> Call:
        """Put the default, or delete it if there was none."""
        return super().call() if self.after else of_bucket(self.bucket, "DeleteBucketEncryption", *DENIED)

    def parameters(self) -> dict[str, object]:
        """Name the one rule that S3 keeps."""
        return {"ServerSideEncryptionConfiguration": {"Rules": [_rule(self.after)] if self.after else []}}

    def state(self, observed: ResourceState) -> State:
        """Compare the default. If it is deleted, S3 uses its own keys and reports that."""
        found, default = super().state(observed), observed[BucketEncryption].default
        own = default is not None and default.algorithm == AES256
        return State.AFTER if found is State.DRIFTED and self.after is None and own else found

    def formatted(self, value: object) -> str:
        """Write the algorithm, and what else is set of it."""
        if not isinstance(value, Encryption):
            return super().formatted(value)
        parts = [value.algorithm, f"with key {value.key}" if value.key else ""]
        parts.append("with a bucket key" if value.bucket_key else "")
        parts.append(f"without {', '.join(value.blocked)}" if value.blocked else "")
        return " ".join(filter(None, parts))

    def describe(self) -> str:
        """Describe the change."""
        return f"set the default encryption of bucket {self.bucket.id} to {self.formatted(self.after)}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        if self.after is None or not self.after.with_kms:
            return ""
        return (
            "users need permissions on the KMS key to write or read new objects; AWS bills the use of the key"
        )


def _rule(default: Encryption) -> dict[str, object]:
    by_default = {"SSEAlgorithm": default.algorithm}
    if default.key:
        by_default["KMSMasterKeyID"] = default.key
    rule: dict[str, object] = {
        "ApplyServerSideEncryptionByDefault": by_default,
        "BucketKeyEnabled": default.bucket_key,
    }
    if default.blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": list(default.blocked)}
    return rule
