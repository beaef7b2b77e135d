"""A KMS key that logs may be written with: its state, which trails use it, and whether it is Ringfence's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.observation import Observation
from ringfence.model.resource_names import PREFIX
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
_ALIAS = f"alias/{PREFIX}"
"""How the names of the aliases of Ringfence's keys begin. Keys have no names themselves."""


@value
class LogKey(Observation):
    """A KMS key that trails or Ringfence encrypt, seal or sign their logs with.

    Attributes
    ----------
    state : str
        KMS's word, such as `Enabled`; empty if the key does not exist.
    trails : frozenset of str
        Names of the trails that use the key and are seen from its region.
    own : bool
        Whether an alias of the key has one of Ringfence's names. Somebody can give another key such an alias:
        it is then kept, too.

    References
    ----------
    https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """

    state: str = ""
    trails: frozenset[str] = frozenset()
    own: bool = False

    permissions: ClassVar = (
        DESCRIBE_TRAILS,
        Permission("kms:DescribeKey", KEYS),
        Permission("kms:ListAliases", ("*",), reason="the action has no resource types"),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read key, trails and aliases side by side: one round trip."""
        if not isinstance(ref, KeyRef):
            return cls()
        key, described, aliases = yield (
            Call("kms", "DescribeKey", {"KeyId": ref.id}, expected=(NO_KEY,)),
            describe_trails(),
            Call("kms", "ListAliases", {"KeyId": ref.id}, pages=True, expected=(NO_KEY,)),
        )
        trails = frozenset(_using(accept(described), ref))
        if isinstance(key, Failed):
            return cls(trails=trails)
        own = not isinstance(aliases, Failed) and any(map(_is_own, aliases.children("Aliases")))
        return cls(key.child("KeyMetadata").text("KeyState"), trails, own)

    def absent(self, ref: Ref) -> bool:
        """Return whether there is no such key, and no trail means one."""
        return isinstance(ref, KeyRef) and not (self.state or self.trails)


def _is_own(alias: Document) -> bool:
    return (alias.optional_text("AliasName") or "").startswith(_ALIAS)


def key_arn(ref: Ref) -> str:
    """Return the ARN of a key."""
    return f"arn:aws:kms:{ref.region}:{ref.account}:key/{ref.id}"


def _using(described: Document, ref: Ref) -> Iterator[str]:
    for trail in described.children("trailList"):
        if trail.optional_text("KmsKeyId") in {ref.id, key_arn(ref)}:
            yield trail.text("Name")
