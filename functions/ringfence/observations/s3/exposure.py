"""What of a bucket is open to anyone as things stand, and what speaks for its being so on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.step import show
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.public import openings
from ringfence.observations.s3.use import PUBLIC_TAG, BucketUse

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
    """A tag or a website configuration can show that the bucket is public on purpose.

    An intruder could have set it.
    """
    use = bucket[BucketUse]
    if use.tag:
        yield (
            f"bucket {bucket.ref.id} has the tag {PUBLIC_TAG}, which anybody may have set: a person must "
            "exempt it in the policy if it is meant to be public, or block public access manually"
        )
    if use.website:
        yield (
            f"bucket {bucket.ref.id} is a website, which would be unavailable: a person must exempt it in "
            "the policy if it is meant to be public, or block public access manually"
        )
