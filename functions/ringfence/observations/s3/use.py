"""What a bucket is for, as far as it says so itself: a website, or public by its tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import tags
from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

PUBLIC_TAG = "ringfence:public"
"""The tag by which a bucket says that it is to be public. Anybody may have set it."""
_NO_WEBSITE, _NO_TAGS = "NoSuchWebsiteConfiguration", "NoSuchTagSet"


@value
class BucketUse(Observation):
    """What a bucket says about its own use. What S3 does not show counts as absent.

    Attributes
    ----------
    website : bool
        Whether it is configured as a website.
    tag : str
        The value of the tag `PUBLIC_TAG`; empty without it. Anybody may have set it.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html
    """

    website: bool = False
    tag: str = ""

    permissions: ClassVar = on_buckets("GetBucketWebsite", "GetBucketTagging")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read both side by side."""
        website, tagging = yield (
            of_bucket(ref, "GetBucketWebsite", _NO_WEBSITE, *DENIED),
            of_bucket(ref, "GetBucketTagging", _NO_TAGS, *DENIED),
        )
        found = {} if isinstance(present(tagging, ref), Failed) else tags(tagging, "TagSet")  # type: ignore[arg-type]  # it did not fail
        return cls(not isinstance(present(website, ref), Failed), found.get(PUBLIC_TAG, ""))
