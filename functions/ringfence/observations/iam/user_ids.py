"""Users by their unique ids. A user can be renamed, and keeps its policies, its keys and its sessions.

No call of IAM takes the id of a user, so the list of all users is searched. An account has at most 5,000
users, which is five pages. CloudTrail records a renaming too, but minutes later, and only for 90 days.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import document
from ringfence.model.call import Call, Permission

if TYPE_CHECKING:
    from ringfence.model.call import SansIO

EVERY_USER = Permission("iam:ListUsers", ("*",), reason="IAM lists the users of the whole account")
_PAGE = 1000


def list_users() -> Call:
    """Return the call that lists the users of the account."""
    return Call("iam", "ListUsers", {"MaxItems": _PAGE}, pages=True)


def name_now(unique_id: str) -> SansIO[str]:
    """Return the name that the user with this id has now. Empty if there is no such user."""
    (listed,) = yield (list_users(),)
    users = document(listed).children("Users")
    return next((one.text("UserName") for one in users if one.text("UserId") == unique_id), "")
