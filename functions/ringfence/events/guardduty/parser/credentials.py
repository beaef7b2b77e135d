"""Find the principals that a GuardDuty finding names.

Every field is optional. If the finding leaves something out, a person must find it out, and the rest of the
response continues.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events.envelope import About, NotForUs
from ringfence.events.fields import text_if_valid
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES, Actor
from ringfence.events.guardduty.trigger.credentials import ACCESS_KEY
from ringfence.model.errors import BadInput
from ringfence.model.principals import LONG_TERM, TEMPORARY, Caller, principal_of
from ringfence.model.subject import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.principals import Principal

_KEY = re.compile(rf"(?:.*[:/])?((?:{LONG_TERM}|{TEMPORARY})[A-Z0-9]+)")


def principals(name: str, detail: Document, account: str) -> About | NotForUs:
    """Return the principals, each once, or why there are none. Raises BadInput."""
    kind = CREDENTIAL_TYPES[name]
    if kind.actor in {Actor.SEQUENCE, Actor.CLUSTER}:
        nobody = (principal_of(Caller(), account),) if kind.actor is Actor.SEQUENCE else ()
        return About.of(tuple(_of_sequence(detail, account)) or nobody, kind.notify_only_reason)
    resource = detail.optional_child("resource")
    if kind.actor is Actor.SUBJECT and resource.optional_text("resourceType") not in {None, ACCESS_KEY}:
        given = resource.value.get("resourceType")
        raise BadInput(resource.at("resourceType"), f"must be {ACCESS_KEY} for {name}", given)
    caller = _caller(resource.optional_child("accessKeyDetails"))
    if kind.actor is Actor.CALLER and not caller.key.startswith((LONG_TERM, TEMPORARY)):
        return NotForUs(f"{name}: the finding names no access key that made the calls")
    return About.of([principal_of(caller, account)], kind.notify_only_reason)


def _caller(details: Document) -> Caller:
    return Caller(
        type=text_if_valid(details, "userType"),
        key=details.optional_text("accessKeyId") or "",
        principal=text_if_valid(details, "principalId"),
        name=text_if_valid(details, "userName"),
    )


def _of_sequence(detail: Document, account: str) -> Iterator[Principal]:
    """Yield the users among the actors, and the access keys among the resources."""
    sequence = detail.child("service").child("detection").child("sequence")
    yield from (_of_actor(one, account) for one in sequence.children("actors") if one.has("user"))
    for one in sequence.children("resources"):
        if one.value.get("resourceType") == "ACCESS_KEY":
            yield _of_resource(one, account)


def _of_actor(actor: Document, account: str) -> Principal:
    user = actor.child("user")
    caller = Caller(
        type=user.optional_text("type") or "",
        key=user.optional_text("credentialUid") or "",
        principal=user.optional_text("uid") or "",
        name=user.optional_text("name") or "",
        issuer=actor.optional_child("session").optional_text("issuer") or "",
    )
    return principal_of(caller, _account(user.optional_child("account").optional_text("uid"), account))


def _of_resource(resource: Document, account: str) -> Principal:
    """Read an access key among the resources. Its `uid` or `name` is its id or an ARN."""
    data = resource.optional_child("data").optional_child("accessKey")
    named = (_KEY.fullmatch(resource.optional_text(field) or "") for field in ("uid", "name"))
    caller = Caller(
        type=data.optional_text("userType") or "",
        key=next((match[1] for match in named if match), ""),
        principal=data.optional_text("principalId") or "",
        name=data.optional_text("userName") or "",
    )
    return principal_of(caller, _account(resource.optional_text("accountId"), account))


def _account(given: str | None, otherwise: str) -> str:
    return given if given and ACCOUNT.fullmatch(given) else otherwise
