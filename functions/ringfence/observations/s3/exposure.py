"""What of a bucket is open to anyone as things stand, and what speaks for its being so on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.step import show
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.public import openings
from ringfence.observations.s3.use import LONG, PUBLIC_TAG, BucketPast, BucketUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState


def ways_in(bucket: ResourceState) -> Iterator[str]:
    """Say in words through what the bucket is public; nothing where it is not.

    What cannot be read is taken for public, unless a setting makes it ineffective.
    """
    block = bucket[PublicAccessBlock].settings
    policy, acl = bucket[BucketPolicy], bucket[BucketAcl]
    if not block.restrict:
        if not policy.readable:
            yield "its policy cannot be read"
        for opening in openings(policy.text):
            yield opening.words()
    if not block.ignore_acls:
        if not acl.readable and not acl.enforced:
            yield "its ACL cannot be read"
        if acl.public:
            yield f"its ACL grants {show(acl.public)}"


def public_by_intent(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """AWS Config shows that the bucket had a tag or was a website a month ago, and it still does.

    Only the policy keeps a public bucket public without a person. A newer tag or website changes nothing,
    because an intruder could have set it at the same moment.
    """
    use, past = bucket[BucketUse], bucket[BucketPast]
    if use.tag and past.tag:
        yield (
            f"bucket {bucket.ref.id} has had the tag {PUBLIC_TAG} for more than {LONG.days} days: a person "
            "must exempt it in the policy if it is meant to be public, or block public access manually"
        )
    if use.website and past.website:
        yield (
            f"bucket {bucket.ref.id} has been a website for more than {LONG.days} days, which would be "
            "unavailable: a person must exempt it in the policy if it is meant to be public, or block public "
            "access manually"
        )


def public_of_late(bucket: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield that a bucket says that it is public, and that nothing shows that it said so a month ago."""
    use, past, name = bucket[BucketUse], bucket[BucketPast], bucket.ref.id
    for said, before, words in (
        (use.tag, past.tag, f"has the tag {PUBLIC_TAG}"),
        (use.website, past.website, "is a website, and is unavailable without public access"),
    ):
        if said and not before:
            yield (
                f"bucket {name} {words}; AWS Config does not show that it was so {LONG.days} days ago, so "
                "this does not keep it public: if it is meant to be public, release the incident and exempt "
                "the bucket in the policy"
            )
