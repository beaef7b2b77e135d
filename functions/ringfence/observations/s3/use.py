"""What a bucket is for, as far as it says so itself, now and as AWS Config recorded it a month ago."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import first, tags
from ringfence.model.call import Ago, Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

PUBLIC_TAG = "ringfence:public"
"""The tag by which a bucket says that it is to be public. Anybody may have set it."""
LONG = timedelta(days=30)
"""For how long a bucket must have said so, that it makes a response more cautious."""
_WEBSITE, _DELETED = "BucketWebsiteConfiguration", "ResourceDeleted"
_NO_HISTORY = (
    *DENIED,
    "AccessDeniedException",
    "NoAvailableConfigurationRecorderException",
    "ResourceNotDiscoveredException",
    "ValidationException",
)
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


@value
class BucketPast(Observation):
    """What a bucket said about its own use a month ago. Without a record it said nothing.

    An intruder who makes a bucket public can tag it or make it a website at the same moment, but cannot
    change what AWS Config recorded before.

    Attributes
    ----------
    website : bool
        Whether it was configured as a website.
    tag : str
        The value of the tag `PUBLIC_TAG`; empty without it.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html
    """

    website: bool = False
    tag: str = ""

    permissions: ClassVar = (
        Permission("config:GetResourceConfigHistory", ("*",), reason="the action has no resource types"),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read the newest item from before then. They are listed newest first."""
        asked = {"resourceType": "AWS::S3::Bucket", "resourceId": ref.id, "laterTime": Ago(LONG), "limit": 1}
        (answer,) = yield (Call("config", "GetResourceConfigHistory", asked, expected=_NO_HISTORY),)
        item = None if isinstance(answer, Failed) else first(answer.children("configurationItems"))
        if item is None or (item.optional_text("configurationItemStatus") or "").startswith(_DELETED):
            return cls()
        website = item.optional_child("supplementaryConfiguration").optional_text(_WEBSITE)
        tag = item.optional_child("tags").optional_text(PUBLIC_TAG)
        return cls(website not in {None, "", "null"}, tag or "")
