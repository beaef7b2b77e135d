"""The step on a bucket's settings of Block Public Access."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.symbol import Ready
from ringfence.observations.s3.block import BlockSettings, PublicAccessBlock
from ringfence.observations.s3.calls import of_bucket, on_buckets
from ringfence.steps.s3.calls import BLOCKED, POLICY, BucketSetting

if TYPE_CHECKING:
    from ringfence.model.call import Call
    from ringfence.model.symbol import Symbol


@value
class SetPublicAccessBlock(BucketSetting):
    """Set all four settings of Block Public Access at once.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
    """

    before: BlockSettings
    after: BlockSettings

    aspect: ClassVar = "public-access-block"
    observation: ClassVar = PublicAccessBlock
    field: ClassVar = "settings"
    permissions: ClassVar = on_buckets("PutBucketPublicAccessBlock")

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """A change of the policy comes first: S3 takes no policy with public statements afterwards."""
        return (Ready(POLICY, self.bucket.id),) if self._blocks else ()

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """What was public can be put back once nothing blocks it."""
        return () if self._blocks else (Ready(BLOCKED, self.bucket.id),)

    @property
    def _blocks(self) -> bool:
        return self.before.within(self.after)

    def call(self) -> Call:
        """Put the settings."""
        settings = {"PublicAccessBlockConfiguration": dict(self.after.configuration)}
        return of_bucket(self.bucket, "PutPublicAccessBlock", parameters=settings)

    def describe(self) -> str:
        """Describe the change."""
        verb = "block" if self._blocks else "no longer block all"
        return f"{verb} public access to bucket {self.bucket.id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        if not self._blocks:
            return ""
        return "users without their own permissions lose their access to the bucket"
