"""A bucket's policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Failed
from ringfence.model.codec import canonical, value
from ringfence.observations.s3.calls import BucketObservation, on_buckets
from ringfence.observations.s3.documents import parsed

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.observations.s3.documents import Json

NO_POLICY = ("NoSuchBucketPolicy",)


@value
class BucketPolicy(BucketObservation):
    """A bucket's policy.

    Attributes
    ----------
    text : str
        Canonical JSON, or the text itself where it cannot be parsed; empty without a policy.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
    """

    text: str = ""

    operation: ClassVar = "GetBucketPolicy"
    permissions: ClassVar = on_buckets("GetBucketPolicy")
    unset: ClassVar = NO_POLICY

    @classmethod
    def of_answer(cls, answer: Document) -> Self:
        """Read the policy."""
        text = policy_in(answer)
        document = parsed(text)
        return cls(text if document is None else canonical(document))

    @property
    def document(self) -> Json | None:
        """The document; None if there is none or where it cannot be understood."""
        return parsed(self.text) if self.text else None

    @property
    def clear(self) -> bool:
        """Whether it is known what the policy says, or that there is none."""
        return self.readable and (not self.text or self.document is not None)


def policy_in(answer: Answer) -> str:
    """Return the text of the policy in an answer; empty if it has none."""
    return "" if isinstance(answer, Failed) else answer.optional_text("Policy") or ""
