"""The step on a bucket's versioning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.observations.s3.versioning import ENABLED, NEVER, SUSPENDED, BucketVersioning
from ringfence.steps.s3.calls import accepted

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.kinds.bucket import BucketRef
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("InvalidBucketState", "InvalidRequest")
"""S3's refusals: object lock needs versions, replication does."""


@value
class SetBucketVersioning(Step):
    """Enable or suspend versioning. S3 cannot return a bucket to the state before versioning.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
    """

    bucket: BucketRef
    before: str
    after: str

    observation: ClassVar = BucketVersioning
    permissions: ClassVar = on_buckets("PutBucketVersioning")

    @property
    def target(self) -> str:
        """The state of versioning."""
        return f"bucket/{self.bucket.id}/versioning"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Enable it; or suspend it, which is as far back as it goes."""
        status = self.after or SUSPENDED
        parameters: dict[str, object] = {"VersioningConfiguration": {"Status": status}}
        call = of_bucket(self.bucket, "PutBucketVersioning", *_REFUSED, *DENIED, parameters=parameters)
        (answer,) = yield (call,)
        accepted(answer, _REFUSED)
        return Done(
            note="versioning is suspended; S3 cannot return a bucket to the state before versioning"
            if not self.after
            else ""
        )

    def state(self, observed: ResourceState) -> State:
        """Look whether it is enabled: suspended and never enabled are one to us."""
        seen = observed[BucketVersioning]
        if not seen.readable:
            return State.SETTLING
        return State.AFTER if (seen.status == ENABLED) == (self.after == ENABLED) else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Enable or suspend it."""
        return observed.with_observation(replace(observed[BucketVersioning], status=self.after or SUSPENDED))

    def diff(self) -> tuple[str, str]:
        """Name both states."""
        before, after = ("never enabled" if one == NEVER else one for one in (self.before, self.after))
        return before, after

    def describe(self) -> str:
        """Say which way."""
        if self.after == ENABLED:
            return f"keep versions of the objects in bucket {self.bucket.id}"
        return f"suspend versioning of bucket {self.bucket.id}; existing versions stay"

    def side_effects(self) -> str:
        """Say what is billed."""
        if self.after != ENABLED:
            return ""
        return "every version is stored and billed until it is deleted or a lifecycle rule expires it"
