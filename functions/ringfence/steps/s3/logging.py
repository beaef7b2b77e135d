"""The step on the access logging of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step, show
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.observations.s3.logging import AccessLogging, LogTarget
from ringfence.steps.s3.calls import accepted

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.kinds.bucket import BucketRef
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = (
    "CrossLocationLoggingProhibited",
    "InvalidArgument",
    "InvalidRequest",
    "InvalidTargetBucketForLogging",
)


@value
class SetAccessLogging(Step):
    """Log the requests to a bucket without logging. Its inverse turns logging off."""

    bucket: BucketRef
    before: LogTarget | None
    after: LogTarget | None

    observation: ClassVar = AccessLogging
    permissions: ClassVar = on_buckets("PutBucketLogging")

    @property
    def target(self) -> str:
        """Where it logs to."""
        return f"bucket/{self.bucket.id}/access-logging"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the target, or none.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html
        """
        status: dict[str, object] = {}
        if self.after:
            status["LoggingEnabled"] = {"TargetBucket": self.after.bucket, "TargetPrefix": self.after.prefix}
        parameters: dict[str, object] = {"BucketLoggingStatus": status}
        call = of_bucket(self.bucket, "PutBucketLogging", *_REFUSED, *DENIED, parameters=parameters)
        (answer,) = yield (call,)
        accepted(answer, _REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the target."""
        seen = observed[AccessLogging]
        if not seen.readable:
            return State.SETTLING
        if seen.target == self.after:
            return State.AFTER
        return State.BEFORE if seen.target == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set it."""
        return observed.with_observation(AccessLogging(self.after))

    def actual(self, observed: ResourceState) -> str:
        """Name the target that it has."""
        return show(observed[AccessLogging].target)

    def describe(self) -> str:
        """Say where requests are logged."""
        if self.after is None:
            return f"no longer log requests to bucket {self.bucket.id}"
        return f"log requests to bucket {self.bucket.id} to {self.after.key}"

    def side_effects(self) -> str:
        """Say what is billed."""
        return "the logs are stored and billed until a lifecycle rule expires them" if self.after else ""
