"""The step on a bucket's settings of Block Public Access."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.model.symbol import Ready
from ringfence.observations.s3.block import BlockSettings, PublicAccessBlock
from ringfence.observations.s3.calls import of_bucket, on_buckets
from ringfence.steps.s3.calls import BLOCKED, POLICY, accepted

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.kinds.bucket import BucketRef
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol


@value
class SetPublicAccessBlock(Step):
    """Set all four settings of Block Public Access at once."""

    bucket: BucketRef
    before: BlockSettings
    after: BlockSettings

    observation: ClassVar = PublicAccessBlock
    permissions: ClassVar = on_buckets("PutBucketPublicAccessBlock")

    @property
    def target(self) -> str:
        """The settings."""
        return f"bucket/{self.bucket.id}/public-access-block"

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

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the settings.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
        """
        settings: dict[str, object] = {"PublicAccessBlockConfiguration": dict(self.after.configuration)}
        (answer,) = yield (of_bucket(self.bucket, "PutPublicAccessBlock", parameters=settings),)
        accepted(answer)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the settings."""
        seen = observed[PublicAccessBlock]
        if not seen.readable:
            return State.SETTLING
        if seen.settings == self.after:
            return State.AFTER
        return State.BEFORE if seen.settings == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set them."""
        return observed.with_observation(replace(observed[PublicAccessBlock], settings=self.after))

    def actual(self, observed: ResourceState) -> str:
        """Name each setting."""
        return observed[PublicAccessBlock].settings.key

    def describe(self) -> str:
        """Say whether more is blocked than before."""
        verb = "block" if self._blocks else "no longer block all"
        return f"{verb} public access to bucket {self.bucket.id}"

    def side_effects(self) -> str:
        """Say who is shut out."""
        if not self._blocks:
            return ""
        return "users without their own permissions lose their access to the bucket"
