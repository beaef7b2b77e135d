"""A bucket's policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import canonical, value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, is_denied, of_bucket, on_buckets, present
from ringfence.observations.s3.documents import parsed

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.observations.s3.documents import Json

NO_POLICY = ("NoSuchBucketPolicy",)


@value
class BucketPolicy(Observation):
    """The policy as canonical JSON, or as it is where it cannot be understood; empty where there is none.

    `readable`: whether S3 showed it.
    """

    text: str = ""
    readable: bool = True

    permissions: ClassVar = on_buckets("GetBucketPolicy")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read it."""
        (answer,) = yield (of_bucket(ref, "GetBucketPolicy", *NO_POLICY, *DENIED),)
        text = policy_in(present(answer, ref))
        document = parsed(text)
        return cls(text if document is None else canonical(document), readable=not is_denied(answer))

    @property
    def document(self) -> Json | None:
        """The document; None where there is none or where it cannot be understood."""
        return parsed(self.text) if self.text else None

    @property
    def clear(self) -> bool:
        """Whether it is known what the policy says, or that there is none."""
        return self.readable and (not self.text or self.document is not None)


def policy_in(answer: Answer) -> str:
    """Return the text of the policy in an answer; empty where it has none."""
    return "" if isinstance(answer, Failed) else answer.optional_text("Policy") or ""
