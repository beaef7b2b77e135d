"""The settings of S3 Block Public Access of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, is_denied, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

NO_BLOCK = ("NoSuchPublicAccessBlockConfiguration",)


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
        """Say whether the other has every setting on that is on here."""
        return all(other.configuration[name] for name, on in self.configuration.items() if on)


ALL_ON = BlockSettings(block_acls=True, ignore_acls=True, block_policy=True, restrict=True)


@value
class PublicAccessBlock(Observation):
    """The bucket's own settings. `readable`: whether S3 showed them.

    The account's are not read: where they are on, S3 refuses what would make a bucket public, and turning on
    the bucket's own as well takes nothing from anybody.
    """

    settings: BlockSettings = BlockSettings()
    readable: bool = True

    permissions: ClassVar = on_buckets("GetBucketPublicAccessBlock")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read them."""
        (answer,) = yield (of_bucket(ref, "GetPublicAccessBlock", *NO_BLOCK, *DENIED),)
        return cls(_settings(present(answer, ref)), readable=not is_denied(answer))


def _settings(answer: Answer) -> BlockSettings:
    if isinstance(answer, Failed):
        return BlockSettings()
    found = document(answer).child("PublicAccessBlockConfiguration")
    return BlockSettings(
        found.flag("BlockPublicAcls"),
        found.flag("IgnorePublicAcls"),
        found.flag("BlockPublicPolicy"),
        found.flag("RestrictPublicBuckets"),
    )
