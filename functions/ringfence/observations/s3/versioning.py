"""Whether a bucket keeps versions of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, is_denied, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

ENABLED, SUSPENDED, NEVER = "Enabled", "Suspended", ""


@value
class BucketVersioning(Observation):
    """The state: enabled, suspended, or never enabled.

    `mfa_delete`: the state is changed by the root user alone, with a code. `readable`: whether S3 showed it.
    """

    status: str = NEVER
    mfa_delete: bool = False
    readable: bool = True

    permissions: ClassVar = on_buckets("GetBucketVersioning")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read it."""
        (answer,) = yield (of_bucket(ref, "GetBucketVersioning", *DENIED),)
        if isinstance(present(answer, ref), Failed) or isinstance(answer, Failed):
            return cls(readable=not is_denied(answer))
        return cls(answer.optional_text("Status") or NEVER, answer.optional_text("MFADelete") == ENABLED)
