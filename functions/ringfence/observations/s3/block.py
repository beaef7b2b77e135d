"""The settings of S3 Block Public Access of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.codec import value
from ringfence.observations.s3.calls import BucketObservation, on_buckets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document


@value
class BlockSettings:
    """The four settings. Each is off where S3 has no configuration.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    """

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False

    @property
    def configuration(self) -> Mapping[str, bool]:
        """The settings by S3's names for them."""
        return {
            "BlockPublicAcls": self.block_acls,
            "IgnorePublicAcls": self.ignore_acls,
            "BlockPublicPolicy": self.block_policy,
            "RestrictPublicBuckets": self.restrict,
        }

    @property
    def complete(self) -> bool:
        """Whether all four are on."""
        return all(self.configuration.values())

    @property
    def key(self) -> str:
        """Each setting in words."""
        return ", ".join(f"{name} {'on' if on else 'off'}" for name, on in self.configuration.items())

    def within(self, other: BlockSettings) -> bool:
        """Return whether the other has every setting on that is on here."""
        return all(other.configuration[name] for name, on in self.configuration.items() if on)


ALL_ON = BlockSettings(block_acls=True, ignore_acls=True, block_policy=True, restrict=True)


@value
class PublicAccessBlock(BucketObservation):
    """The bucket's own settings of Block Public Access.

    The account's are not read: where they are on, S3 refuses what would make a bucket public, and turning on
    the bucket's own as well takes nothing from anybody.

    Attributes
    ----------
    settings : BlockSettings
        All four; off where S3 has no configuration.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
    """

    settings: BlockSettings = BlockSettings()

    operation: ClassVar = "GetPublicAccessBlock"
    permissions: ClassVar = on_buckets("GetBucketPublicAccessBlock")
    unset: ClassVar = ("NoSuchPublicAccessBlockConfiguration",)

    @classmethod
    def of_answer(cls, answer: Document) -> Self:
        """Read the four settings."""
        found = answer.child("PublicAccessBlockConfiguration")
        return cls(
            BlockSettings(
                found.flag("BlockPublicAcls"),
                found.flag("IgnorePublicAcls"),
                found.flag("BlockPublicPolicy"),
                found.flag("RestrictPublicBuckets"),
            )
        )
