"""A long-term access key, seen in the list of its user's keys: with the user known, one call."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import NotFound
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.observation import Observation
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import (
    FINDING_USERS,
    USER,
    USERS,
    Known,
    UserStep,
    current_name,
    get_holder,
    known_user,
    last_used,
)

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

ACTIVE, INACTIVE = "Active", "Inactive"
_ROOT = ("root", "<root_account>")
"""What stands for the root user where a user's name is asked for."""


@value
class Key:
    """An access key and its status: Active, Inactive, or Expired; when it was made, where IAM says so."""

    id: str
    status: str
    created: datetime | None = None


class KeyStep(UserStep):
    """A step that records a key of a user: it may be there though the subject is not."""

    key: str


@value
class AccessKey(Observation):
    """The access keys of the user that the subject is, or whose key it is.

    Attributes
    ----------
    user : str
        The user's name; empty if the subject is no user's.
    keys : tuple of Key
        Each with its id and its status.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
    """

    user: str = ""
    keys: tuple[Key, ...] = ()

    permissions: ClassVar = (Permission("iam:ListAccessKeys", (USERS,)), *FINDING_USERS)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """List the keys of the user that the report names; ask whose the key is where it is not among them.

        So a report that names no user, such as AWS Health's, costs one round trip more, four to the
        deactivation: whose the key is must be asked first, and its status be recorded before it changes.

        Of a key that was deleted, the other keys of its user are read. Raises NotFound if the key does not
        exist, and neither does a user that the report or an earlier step names.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
        """
        if isinstance(ref, UserRef):
            return cls(*(yield from _of_user(known_user(ref, past))))
        if not isinstance(ref, AccessKeyRef):
            return cls()
        if ref.user:
            (listed,) = yield (_list(ref.user),)
            keys = _keys(listed)
            if any(one.id == ref.id for one in keys):
                return cls(ref.user, keys)
        (answer,) = yield (last_used(ref.id),)
        known = known_user(ref, past)
        if isinstance(answer, Failed) and known.name:
            return cls(*(yield from _of_user(known, f"access key {ref.id} does not exist")))
        user = accept(answer, not_found=NO_SUCH_ENTITY).optional_text("UserName") or ""
        return cls(*(yield from _of_owner(user, ref.id)))

    def holders(self, ref: Ref) -> tuple[Ref, ...]:
        """Return the user that IAM names, whatever the report says."""
        named = UserRef.pattern.fullmatch(self.user)
        return (UserRef(ref.account, GLOBAL, self.user),) if named else ()

    def key(self, id_: str) -> Key | None:
        """Return one of the keys; None if it does not exist."""
        return next((one for one in self.keys if one.id == id_), None)


def _of_user(known: Known, gone: str = "") -> SansIO[tuple[str, tuple[Key, ...]]]:
    """Return the name of a user now, and its keys. Raises NotFound if its key is `gone`, and so is it."""
    listed, *described = yield (
        _list(known.name),
        *((get_holder(USER, known.name),) if known.id else ()),
    )
    name = (yield from current_name(known, described[0])) if described else known.name
    if name != known.name:
        (listed,) = yield (_list(name),)
    if gone and isinstance(listed, Failed):
        raise NotFound(f"{gone}, and its {known.words} does not exist either, under this name or another one")
    return name, _keys(listed)


def _of_owner(user: str, key: str) -> SansIO[tuple[str, tuple[Key, ...]]]:
    """Return the user that IAM names, and its keys. Nothing if it is the root user."""
    if not user or user == _ROOT[1]:
        return "", ()
    (listed,) = yield (_list(user),)
    if isinstance(listed, Failed) and user not in _ROOT:
        raise NotFound(f"neither access key {key} nor its user {user} exists")
    return ("", ()) if isinstance(listed, Failed) else (user, _keys(listed))


def _list(user: str) -> Call:
    return Call("iam", "ListAccessKeys", {"UserName": user}, pages=True, expected=NO_SUCH_ENTITY)


def _keys(answer: Answer) -> tuple[Key, ...]:
    if isinstance(answer, Failed):
        return ()
    return tuple(
        Key(one.text("AccessKeyId"), one.text("Status"), _made(one))
        for one in answer.children("AccessKeyMetadata")
    )


def _made(key: Document) -> datetime | None:
    at = key.value.get("CreateDate")
    return at if isinstance(at, datetime) else None
