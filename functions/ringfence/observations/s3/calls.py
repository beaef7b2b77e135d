"""Asking S3 about a bucket: permissions, calls, and what its refusals mean."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.errors import InternalError, NotFound
from ringfence.model.frozen import frozen
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

BUCKETS = "arn:aws:s3:::*"
NO_BUCKET = ("NoSuchBucket",)
DENIED = ("AccessDenied",)
"""A bucket's own policy may deny everybody everything: what cannot be read must not stop the rest."""
_OF_THE_ACCOUNT = (("StringEquals", "s3:ResourceAccount", ("{account}",)),)


def on_buckets(*actions: str) -> tuple[Permission, ...]:
    """Return actions on the buckets of the subject's account: an ARN of S3 names none."""
    return tuple(Permission(f"s3:{action}", (BUCKETS,), _OF_THE_ACCOUNT) for action in actions)


def of_bucket(
    ref: Ref, operation: str, *expected: str, parameters: Mapping[str, object] | None = None
) -> Call:
    """Return a call on a bucket, which S3 refuses where another account owns it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """
    owned = {"Bucket": ref.id, "ExpectedBucketOwner": ref.account}
    return Call("s3", operation, {**owned, **(parameters or {})}, expected=(*NO_BUCKET, *expected))


def present(answer: Answer, ref: Ref) -> Answer:
    """Return the answer; raises NotFound if there is no such bucket."""
    if isinstance(answer, Failed) and answer.code in NO_BUCKET:
        raise NotFound(f"bucket {ref.id} does not exist")
    return answer


def is_denied(answer: Answer) -> bool:
    """Return whether S3 did not show what was asked for."""
    return isinstance(answer, Failed) and answer.code in DENIED


def bucket_of(observed: ResourceState) -> BucketRef:
    """Return the bucket that was observed; raises InternalError if it is none."""
    if not isinstance(observed.ref, BucketRef):
        raise InternalError(f"{observed.ref.key} is not a bucket")
    return observed.ref


def unreadable(ref: Ref, what: str) -> str:
    """Say to a person that something of a bucket is not shown, and who can do something about it."""
    return (
        f"{what} of bucket {ref.id} cannot be read: access is denied, perhaps by the bucket policy. A "
        "person must check; the account's root user can delete a bucket policy that denies everybody"
    )


@frozen
class BucketObservation(Observation):
    """What S3 shows of a bucket in answer to one call.

    A subclass is a `@value` class that names the call and reads its answer. Each of its fields has a
    default: what is so of a bucket where nothing was ever set.

    Attributes
    ----------
    readable : bool
        Whether S3 showed it. A bucket's own policy may deny that to everybody.
    operation : str
        The API's name of the call, such as `GetBucketVersioning`.
    unset : tuple of str
        Error codes that mean that nothing is set.
    """

    readable: bool = field(default=True, kw_only=True)

    operation: ClassVar[str]
    unset: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of_answer(cls, answer: Document) -> Self:
        """Read the answer to the call."""
        raise NotImplementedError

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Make the call and read its answer.

        Raises
        ------
        NotFound
            Where the bucket does not exist.
        """
        (answer,) = yield (of_bucket(ref, cls.operation, *cls.unset, *DENIED),)
        if isinstance(answer, Failed):
            return cls(readable=not is_denied(present(answer, ref)))
        return cls.of_answer(answer)
