"""Where requests to a bucket are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, is_denied, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class LogTarget:
    """A bucket, and how the names of the logs in it begin."""

    bucket: str
    prefix: str = ""

    @property
    def key(self) -> str:
        """Both in one."""
        return f"{self.bucket}/{self.prefix}"


@value
class AccessLogging(Observation):
    """The target; None where nothing is logged. `readable`: whether S3 showed it."""

    target: LogTarget | None = None
    readable: bool = True

    permissions: ClassVar = on_buckets("GetBucketLogging")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read it."""
        (answer,) = yield (of_bucket(ref, "GetBucketLogging", *DENIED),)
        if isinstance(present(answer, ref), Failed) or isinstance(answer, Failed):
            return cls(readable=not is_denied(answer))
        if not answer.has("LoggingEnabled"):
            return cls()
        enabled = answer.child("LoggingEnabled")
        return cls(LogTarget(enabled.text("TargetBucket"), enabled.optional_text("TargetPrefix") or ""))
