"""The step on a bucket's default encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.observations.s3.encryption import AES256, BucketEncryption, Encryption
from ringfence.steps.s3.calls import accepted

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.kinds.bucket import BucketRef
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("InvalidArgument", "InvalidRequest", "MalformedXML")


@value
class SetBucketEncryption(Step):
    """Set the default encryption of new objects. Existing objects do not change."""

    bucket: BucketRef
    before: Encryption | None
    after: Encryption | None

    observation: ClassVar = BucketEncryption
    permissions: ClassVar = on_buckets("PutEncryptionConfiguration")

    @property
    def target(self) -> str:
        """The default."""
        return f"bucket/{self.bucket.id}/default-encryption"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the default, or delete it where there was none.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
        """
        if self.after is None:
            call = of_bucket(self.bucket, "DeleteBucketEncryption", *DENIED)
        else:
            rule: dict[str, object] = {"ServerSideEncryptionConfiguration": {"Rules": [_rule(self.after)]}}
            call = of_bucket(self.bucket, "PutBucketEncryption", *_REFUSED, *DENIED, parameters=rule)
        (answer,) = yield (call,)
        accepted(answer, _REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the default. Where it is deleted, S3 encrypts with keys of its own and says so."""
        seen = observed[BucketEncryption]
        if not seen.readable:
            return State.SETTLING
        if seen.default == self.after:
            return State.AFTER
        if seen.default == self.before:
            return State.BEFORE
        own = seen.default is not None and seen.default.algorithm == AES256
        return State.AFTER if self.after is None and own else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set it."""
        return observed.with_observation(BucketEncryption(self.after))

    def actual(self, observed: ResourceState) -> str:
        """Name what is the default now."""
        return _said(observed[BucketEncryption].default)

    def diff(self) -> tuple[str, str]:
        """Name both defaults."""
        return _said(self.before), _said(self.after)

    def describe(self) -> str:
        """Say which encryption becomes the default."""
        return f"set the default encryption of bucket {self.bucket.id} to {_said(self.after)}"

    def side_effects(self) -> str:
        """Say what readers and writers need from now on."""
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


def _said(default: Encryption | None) -> str:
    if default is None:
        return "none"
    parts = [default.algorithm, f"with key {default.key}" if default.key else ""]
    parts.append("with a bucket key" if default.bucket_key else "")
    parts.append(f"without {', '.join(default.blocked)}" if default.blocked else "")
    return " ".join(filter(None, parts))
