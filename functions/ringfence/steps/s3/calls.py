"""What steps on buckets have in common: calls on the bucket's own account's bucket, and their refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Failed
from ringfence.model.errors import AccessDenied, Refused
from ringfence.model.frozen import frozen
from ringfence.model.setting import SettingStep
from ringfence.model.step import Done
from ringfence.observations.s3.calls import DENIED, NO_BUCKET, of_bucket

if TYPE_CHECKING:
    from collections.abc import Collection

    from ringfence.model.call import Answer, Call
    from ringfence.model.document import Document
    from ringfence.model.kinds.bucket import BucketRef

BLOCKED = "public-access-block-changed"
"""What is open to anyone can be put back only once Block Public Access lets it."""
POLICY = "bucket-policy-merged"
"""A policy that has public statements can be put only before Block Public Access is on."""
_BLOCKS = ("BlockPublicPolicy", "BlockPublicAcls", "Block Public Access", "block public access")


def accepted(answer: Answer, refused: Collection[str] = ()) -> Document:
    """Return the answer; raises NotFound without the bucket, Refused for these codes, or where S3 blocks it.

    Denied otherwise, where access is denied: that may pass.
    """
    if isinstance(answer, Failed) and answer.code in DENIED:
        words = f"{answer.code}: {answer.message}"
        if any(name in answer.message for name in _BLOCKS):
            raise Refused(words)
        raise AccessDenied(words)
    return accept(answer, not_found=NO_BUCKET, refused=refused)


@frozen
class BucketSetting(SettingStep):
    """A step that sets one value of a bucket.

    A subclass adds the fields `before` and `after` to `bucket`; see `SettingStep`.

    Attributes
    ----------
    bucket : BucketRef
        The bucket. S3 refuses the call where another account owns it.
    aspect : str
        What of the bucket is set: the end of `target`, such as `versioning`.
    operation : str
        The API's name of the call. `parameters` are those beside the bucket.
    """

    bucket: BucketRef
    aspect: ClassVar[str]

    @property
    def target(self) -> str:
        """The bucket and what of it is set."""
        return f"bucket/{self.bucket.id}/{self.aspect}"

    def call(self) -> Call:
        """Return the call on the bucket."""
        return of_bucket(self.bucket, self.operation, *self.refused, *DENIED, parameters=self.parameters())

    def finish(self, answer: Answer) -> Done:
        """Return how it ended.

        Raises
        ------
        NotFound
            Where the bucket does not exist.
        Refused
            For the error codes in `refused`, and where Block Public Access forbids it.
        AccessDenied
            Where access is denied: that may pass.
        """
        accepted(answer, self.refused)
        return Done(note=self.notes.get(self.after, ""))
