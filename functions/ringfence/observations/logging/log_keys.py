"""A KMS key that logs may be written with: its state, and which trails use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.observation import Observation
from ringfence.observations.logging.trails import DESCRIBE_TRAILS, describe_trails

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

KEYS = ("arn:aws:kms:{region}:{account}:key/*",)
NO_KEY = "NotFoundException"
USABLE, DISABLED = "Enabled", "Disabled"
TO_BE_DELETED = ("PendingDeletion", "PendingReplicaDeletion")


@value
class LogKey(Observation):
    """A KMS key that trails encrypt their logs with.

    Attributes
    ----------
    state : str
        KMS's word, such as `Enabled`; empty if the key does not exist.
    trails : frozenset of str
        Names of the trails that use the key and are seen from its region.

    References
    ----------
    https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """

    state: str = ""
    trails: frozenset[str] = frozenset()

    permissions: ClassVar = (DESCRIBE_TRAILS, Permission("kms:DescribeKey", KEYS))

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read key and trails side by side: one round trip."""
        if not isinstance(ref, KeyRef):
            return cls()
        key, described = yield (
            Call("kms", "DescribeKey", {"KeyId": ref.id}, expected=(NO_KEY,)),
            describe_trails(),
        )
        trails = frozenset(_using(accept(described), ref))
        if isinstance(key, Failed):
            return cls(trails=trails)
        return cls(key.child("KeyMetadata").text("KeyState"), trails)

    def absent(self, ref: Ref) -> bool:
        """Return whether there is no such key, and no trail means one."""
        return isinstance(ref, KeyRef) and not (self.state or self.trails)


def key_arn(ref: Ref) -> str:
    """Return the ARN of a key."""
    return f"arn:aws:kms:{ref.region}:{ref.account}:key/{ref.id}"


def _using(described: Document, ref: Ref) -> Iterator[str]:
    for trail in described.children("trailList"):
        if trail.optional_text("KmsKeyId") in {ref.id, key_arn(ref)}:
            yield trail.text("Name")
