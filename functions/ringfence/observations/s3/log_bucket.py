"""Whether a bucket receives logs: of trails that deliver to it, and of services that may write to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Failed
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.logging.trails import DESCRIBE_TRAILS, describe_trails
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.observations.s3.documents import parsed, statements, writing_services
from ringfence.observations.s3.policy import NO_POLICY, policy_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

WRITERS = frozenset(
    f"{one}.amazonaws.com" for one in ("cloudtrail", "config", "delivery.logs", "guardduty", "logging.s3")
)
"""The services that write logs and findings to buckets, as bucket policies name them."""


@value
class LogBucketUse(Observation):
    """What a bucket receives. A bucket that was deleted can still be the destination of a trail.

    Attributes
    ----------
    trails : frozenset of str
        Names of the trails that deliver to it and are seen from its region.
    writers : frozenset of str
        Services that write logs and that its policy allows to write objects.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
    """

    trails: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()

    permissions: ClassVar = (*on_buckets("GetBucketPolicy"), DESCRIBE_TRAILS)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the policy and the trails side by side: one round trip."""
        policy, described = yield (
            of_bucket(ref, "GetBucketPolicy", *NO_POLICY, *DENIED),
            describe_trails(),
        )
        trails = accept(described).children("trailList")
        text = "" if isinstance(policy, Failed) else policy_in(policy)
        return cls(
            frozenset(one.text("Name") for one in trails if one.optional_text("S3BucketName") == ref.id),
            frozenset(_writers(text)),
        )


def _writers(text: str) -> Iterator[str]:
    """Yield the services that write logs and that a policy allows to write objects."""
    document = parsed(text) if text else None
    for statement in statements(document) if document else ():
        if isinstance(statement, Mapping):
            yield from WRITERS.intersection(writing_services(statement))
