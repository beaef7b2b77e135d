"""Which IAM users there are, and which of them a report means.

AWS Config names a user by its unique id, `AIDA…`; IAM's calls want the name. No call takes the id: the list
of all users is the one place where IAM tells both. Config's own record of the user has the name as well, but
it lags behind, and it may be kept in another region or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.errors import NotFound
from ringfence.model.frozen import frozen
from ringfence.model.kinds.iam_user import USER_ID, UserRef
from ringfence.model.reviews import Listed
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import ACTIVE
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.principals import USERS
from ringfence.observations.iam.user_ids import list_users

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.subject import Ref

KEYS_OF_USERS = Permission("iam:ListAccessKeys", (USERS,))
WIDTH = 64
"""Users whose keys are listed side by side."""


@frozen
class Named:
    """The user that a report names. `doubt`: why the user is unknown; the name is then empty."""

    user: str = ""
    doubt: str = ""


def named(ref: Ref) -> SansIO[Named]:
    """Find a user's name. Makes no call if the subject contains it. Raises NotFound for an unknown id.

    A name can look like an id. If a text is the id of one user and the name of another, an intruder who may
    create users could redirect the response. So neither user is changed.
    """
    if not isinstance(ref, UserRef):
        return Named()
    if not USER_ID.fullmatch(ref.id):
        return Named(ref.id)
    (listed,) = yield (list_users(),)
    users = [(one.text("UserName"), one.text("UserId")) for one in document(listed).children("Users")]
    found = [name for name, id_ in users if ref.id in {name, id_}]
    if not found:
        raise NotFound(f"no user has the id {ref.id}")
    if len(found) > 1:
        return Named(doubt=f"{ref.id} is the id of one user and the name of another: a person must check")
    return Named(found[0])


def by_name(ref: Ref) -> SansIO[Ref]:
    """Return a user with its name. Return the subject unchanged if it is no user, unknown or deleted."""
    try:
        found = yield from named(ref)
    except NotFound:
        return ref
    return replace(ref, id=found.user) if found.user else ref


def list_keys(user: str) -> Call:
    """Return the call that lists a user's access keys."""
    return Call("iam", "ListAccessKeys", {"UserName": user}, pages=True, expected=NO_SUCH_ENTITY)


def users_with_active_keys(account: str, region: str) -> SansIO[Listed]:  # noqa: ARG001 - IAM is global
    """List the users that have an active access key, those with the oldest key first.

    The credential report would be one call, but AWS generates it in the background and it can be four hours
    old. This makes one call per user, of whom an account has at most 5,000. If the time is too short, users
    with the newest keys are left out, because their keys are due last.
    """
    (listed,) = yield (list_users(),)
    names = [one.text("UserName") for one in document(listed).children("Users")]
    oldest: dict[str, datetime] = {}
    for first in range(0, len(names), WIDTH):
        some = names[first : first + WIDTH]
        answers = yield tuple(map(list_keys, some))
        for name, answer in zip(some, answers, strict=True):
            if active := _active_since(answer):
                oldest[name] = min(active)
    by_age = sorted(oldest, key=lambda one: oldest[one])
    return Listed(tuple(UserRef(account, GLOBAL, name) for name in by_age))


def _active_since(answer: Answer) -> list[datetime]:
    """Return since when there are active keys; a user may be gone since the list was made."""
    if isinstance(answer, Failed):
        return []
    keys = [one for one in answer.children("AccessKeyMetadata") if one.text("Status") == ACTIVE]
    dates = [one.value.get("CreateDate") for one in keys]
    return [at if isinstance(at, datetime) else datetime.max.replace(tzinfo=UTC) for at in dates]
