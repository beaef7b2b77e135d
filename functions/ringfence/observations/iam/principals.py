"""Whose credentials a principal's are: the user of a key, the role of a session. Found by asking IAM alone.

What a report says of the owner is a hint: IAM is asked first. A key that was deleted is not known to IAM, so
its user is the one that the report names. A user is found by its unique id whatever its name is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import accept, document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import NotFound
from ringfence.model.frozen import frozen
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.step import Step
from ringfence.model.subject import REGION
from ringfence.observations.iam.identity import PROTECTED, ROLES
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY
from ringfence.observations.iam.user_ids import EVERY_USER, name_now

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref


USERS = "arn:aws:iam::{account}:user/*"
USER, ROLE = "user", "role"
OWNER = Permission("iam:GetAccessKeyLastUsed", (USERS,))
EVERY_ROLE = Permission("iam:ListRoles", ("*",), reason="IAM lists the roles of the whole account")
FINDING_USERS = (OWNER, Permission("iam:GetUser", (USERS,)), EVERY_USER)
"""What finding the user of a principal needs."""
FINDING_HOLDERS = (*FINDING_USERS, Permission("iam:GetRole", (ROLES,)), EVERY_ROLE)
"""What finding the holder of a principal's permissions needs."""


@value
class Holder:
    """A user or a role: who holds policies. `id` (`AIDA…`, `AROA…`) is its own, whatever it is called."""

    kind: str
    name: str
    id: str
    path: str = "/"

    @property
    def key(self) -> str:
        """What it is and its name."""
        return f"{self.kind} {self.name}"

    @property
    def editable(self) -> bool:
        """Whether its policies can be changed: not those of AWS services and of Identity Center."""
        return not self.path.startswith(PROTECTED)


def last_used(key: str) -> Call:
    """Return the call that tells a key's owner and its last use.

    IAM denies the use of a key that does not exist, or is another account's. Where it denies it of one that
    does, the resource that it names is the key's user.
    """
    parameters = {"AccessKeyId": key}
    hidden = "on resource: access key "
    return Call("iam", "GetAccessKeyLastUsed", parameters, expected=NO_SUCH_ENTITY, hidden=hidden)


def get_holder(kind: str, name: str) -> Call:
    """Return the call that describes a user or a role."""
    what = kind.capitalize()
    return Call("iam", f"Get{what}", {f"{what}Name": name}, expected=NO_SUCH_ENTITY)


def holder_in(answer: Answer, kind: str) -> Holder | None:
    """Return the user or role in the answer; None if it does not exist."""
    if isinstance(answer, Failed):
        return None
    return _holder(answer.child(kind.capitalize()), kind)


def _holder(found: Document, kind: str) -> Holder:
    what = kind.capitalize()
    return Holder(
        kind, found.text(f"{what}Name"), found.text(f"{what}Id"), found.optional_text("Path") or "/"
    )


class UserStep(Step):
    """A step that records a user: whose a key was once it exists no more."""

    @property
    def owner(self) -> str:
        """The user's name; empty if it records no user."""
        raise NotImplementedError

    @property
    def owner_id(self) -> str:
        """The user's unique id; empty if it does not record it."""
        return ""


@frozen
class Known:
    """What the report and earlier steps say of a user: its name, and its unique id. Each can be empty."""

    name: str = ""
    id: str = ""

    @property
    def words(self) -> str:
        """The user in words."""
        return f"user {self.name} ({self.id})" if self.id else f"user {self.name}"


def known_user(ref: Ref, past: tuple[Step, ...]) -> Known:
    """Return what is known of a user without asking IAM. Earlier steps recorded what IAM said."""
    steps = [step for step in reversed(past) if isinstance(step, UserStep) and step.owner]
    with_id = next((step for step in steps if step.owner_id), None)
    if isinstance(ref, UserRef):
        return Known(with_id.owner, with_id.owner_id) if with_id else Known(ref.id, ref.unique_id)
    if not isinstance(ref, AccessKeyRef):
        return Known()
    id_ = with_id.owner_id if with_id else ref.user_id
    return Known(next((step.owner for step in steps), ref.user), id_)


def current_name(known: Known, described: Answer) -> SansIO[str]:
    """Return the name that a known user has now. `described` is what IAM says of the known name.

    A user can be renamed, and somebody else can be given its name. If IAM has no user with the id any more,
    the user under the known name is the one: it may have been created again.
    """
    found = holder_in(described, USER)
    if not known.id or (found and found.id == known.id):
        return known.name
    return (yield from name_now(known.id)) or known.name


def name_of(ref: Ref, past: tuple[Step, ...] = ()) -> SansIO[tuple[str, str]]:
    """Return the kind and the name of who holds a principal's permissions; empty if nobody does.

    A key costs one round trip, a session whose role is not known several: roles cannot be asked for by
    id. Raises NotFound if there is no such key or role, and nothing names the key's user.
    """
    if isinstance(ref, RoleSessionRef):
        return ROLE, (yield from _role_name(ref))
    user = yield from user_of(ref, past)
    return (USER, user) if user else ("", "")


def user_of(ref: Ref, past: tuple[Step, ...] = ()) -> SansIO[str]:
    """Return whose the principal is; empty if it is no user's.

    The sessions that a key started outlive it, and so does what is done to its user. Raises NotFound if there
    is no such key, and neither the report nor an earlier step names its user.
    """
    known = yield from asked_user(ref, past)
    if not known.id:
        return known.name
    (described,) = yield (get_holder(USER, known.name),)
    return (yield from current_name(known, described))


def asked_user(ref: Ref, past: tuple[Step, ...]) -> SansIO[Known]:
    """Return whose the principal is. IAM is asked for the user of a key; what it says needs no id.

    Raises NotFound if there is no such key, and neither the report nor an earlier step names its user.
    """
    known = known_user(ref, past)
    if not isinstance(ref, AccessKeyRef):
        return known
    (answer,) = yield (last_used(ref.id),)
    if isinstance(answer, Failed) and known.name:
        return known
    name = accept(answer, not_found=NO_SUCH_ENTITY).optional_text("UserName") or ""
    return Known(name) if UserRef.pattern.fullmatch(name) else Known()


def _role_name(ref: RoleSessionRef) -> SansIO[str]:
    if ref.role:
        (answer,) = yield (get_holder(ROLE, ref.role),)
        role = holder_in(answer, ROLE)
        if role and role.id == role_id(ref):
            return role.name
    (listed,) = yield (Call("iam", "ListRoles", {"MaxItems": 1000}, pages=True),)
    for one in document(listed).children("Roles"):
        if one.text("RoleId") == role_id(ref):
            return one.text("RoleName")
    raise NotFound(f"role {role_id(ref)} does not exist: none of its sessions is valid")


def role_id(ref: Ref) -> str:
    """Return the id of a session's role."""
    return ref.id.partition(":")[0]


def region_in(used: Document) -> str:
    """Return the region of a last use; empty if there was none: IAM then writes N/A."""
    region = used.optional_text("Region") or ""
    return region if REGION.fullmatch(region) else ""
