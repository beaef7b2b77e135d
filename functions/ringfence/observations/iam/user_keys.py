"""The access keys of a user, and when each was last used."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import OWNER, last_used, region_in
from ringfence.observations.iam.user_ids import EVERY_USER
from ringfence.observations.iam.users import KEYS_OF_USERS, list_keys, named

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class DatedKey:
    """An access key: its status, when it was made and, where it ever was, when and for what last used."""

    id: str
    status: str
    created: datetime | None = None
    used: datetime | None = None
    used_for: str = ""

    @property
    def idle_since(self) -> datetime | None:
        """Since when nobody used it: its making, where nobody ever did. None if IAM says neither."""
        return self.used or self.created

    @property
    def last_use(self) -> str:
        """Return as text when and for what it was last used."""
        if self.used:
            return f"last used on {self.used.date()}{self.used_for}"
        return f"never used since it was created on {self.created.date()}" if self.created else "never used"


@value
class UserKeys(Observation):
    """The access keys of a user, with the dates of their making and their last use.

    Attributes
    ----------
    user : str
        The user's name. Empty if it is unknown.
    keys : tuple of DatedKey
        The keys.
    doubt : str
        Why the user of the keys is unknown. Empty if it is known.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
    """

    user: str = ""
    keys: tuple[DatedKey, ...] = ()
    doubt: str = ""

    permissions: ClassVar = (EVERY_USER, KEYS_OF_USERS, OWNER)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """List the keys, then ask for the last use of each, side by side.

        Raises NotFound for an unknown user.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
        """
        whose = yield from named(ref)
        if not whose.user:
            return cls(doubt=whose.doubt)
        (listed,) = yield (list_keys(whose.user),)
        found = tuple(accept(listed, not_found=NO_SUCH_ENTITY).children("AccessKeyMetadata"))
        uses = (yield tuple(last_used(one.text("AccessKeyId")) for one in found)) if found else ()
        keys = tuple(_key(one, use) for one, use in zip(found, uses, strict=True))
        return cls(whose.user, keys)

    def key(self, id_: str) -> DatedKey | None:
        """Return one of the keys; None if it does not exist."""
        return next((one for one in self.keys if one.id == id_), None)


def _key(key: Document, use: Answer) -> DatedKey:
    """Read a key; where its use is not told, as of one deleted by now, nobody knows how long it rests."""
    id_, status, created = key.text("AccessKeyId"), key.text("Status"), _instant(key, "CreateDate")
    if isinstance(use, Failed):
        return DatedKey(id_, status)
    used = use.optional_child("AccessKeyLastUsed")
    where = f" in {region}" if (region := region_in(used)) else ""
    at = _instant(used, "LastUsedDate")
    return DatedKey(
        id_, status, created, at, f" for {used.optional_text('ServiceName')}{where}" if at else ""
    )


def _instant(document: Document, key: str) -> datetime | None:
    """Return an instant; None if there is none, or where it says that there is none: N/A."""
    at = document.value.get(key)
    return at if isinstance(at, datetime) else None
