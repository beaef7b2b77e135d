"""The triggers for GuardDuty findings about a bucket's settings, and their patterns.

Source: "GuardDuty S3 Protection finding types" in the Amazon GuardDuty User Guide. The settings of a bucket
are a fact, independent of who changed them. The key that changed them is only a hint for a person.
`Policy:S3/AccountBlockPublicAccessDisabled` is not included, because it names no bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.trigger import PERMISSIONS, SOURCE, patterns
from ringfence.model.frozen import frozen
from ringfence.model.kinds.bucket import BucketRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

EXPOSED = (
    "Policy:S3/BucketAnonymousAccessGranted",
    "Policy:S3/BucketBlockPublicAccessDisabled",
    "Policy:S3/BucketPublicAccessGranted",
)
UNLOGGED = ("Stealth:S3/ServerAccessLoggingDisabled",)
BUCKET_TYPES = frozenset((*EXPOSED, *UNLOGGED))


@frozen
class BucketTrigger:
    """Findings of some types about buckets."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "buckets"
    permissions: ClassVar[tuple[Permission, ...]] = PERMISSIONS

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the size limit. No event matches two of them."""
        return tuple(patterns(self.types, {}))

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types and names a bucket."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, BucketRef) for subject in finding.subjects)
        )


EXPOSED_BUCKET = BucketTrigger("guardduty-exposed-bucket", EXPOSED)
"""Buckets that are public or no longer protected from being public."""
UNLOGGED_BUCKET = BucketTrigger("guardduty-unlogged-bucket", UNLOGGED)
"""Buckets whose access is no longer logged."""
