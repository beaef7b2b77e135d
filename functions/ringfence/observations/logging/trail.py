"""What CloudTrail says that a principal did: the sessions it began, the keys, users and roles it made.

Its record of the last 90 days lags behind by minutes, and answers slowly: a few pages are read, newest
first, where IAM's events are and where the principal was last seen.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import Observation
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.principals import (
    FINDING_HOLDERS,
    ROLE,
    get_holder,
    last_used,
    name_of,
    region_in,
    user_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

PAGES, PAGE = 4, 50
"""How much is read in each region: CloudTrail allows two look-ups a second."""
_LONGEST = 200
SESSION = "session"
_KINDS = {
    "AssumeRole": (SESSION, "requestParameters", "roleArn"),
    "GetSessionToken": (SESSION, "responseElements.credentials", "accessKeyId"),
    "GetFederationToken": (SESSION, "requestParameters", "name"),
    "CreateAccessKey": ("access key", "responseElements.accessKey", "accessKeyId"),
    "CreateLoginProfile": ("password of user", "requestParameters", "userName"),
    "UpdateLoginProfile": ("changed password of user", "requestParameters", "userName"),
    "CreateRole": ("role", "requestParameters", "roleName"),
    "UpdateAssumeRolePolicy": ("changed trust of role", "requestParameters", "roleName"),
    "CreateUser": ("user", "requestParameters", "userName"),
    "CreateServiceSpecificCredential": (
        "service-specific credential of user",
        "requestParameters",
        "userName",
    ),
    "UploadSigningCertificate": ("signing certificate of user", "requestParameters", "userName"),
    "UploadSSHPublicKey": ("SSH public key of user", "requestParameters", "userName"),
    "EnableMFADevice": ("MFA device of user", "requestParameters", "userName"),
    "AttachUserPolicy": ("policy attached to user", "requestParameters", "userName"),
    "PutUserPolicy": ("inline policy of user", "requestParameters", "userName"),
    "AddUserToGroup": ("group membership of user", "requestParameters", "userName"),
    "AttachRolePolicy": ("policy attached to role", "requestParameters", "roleName"),
    "PutRolePolicy": ("inline policy of role", "requestParameters", "roleName"),
    "CreateOpenIDConnectProvider": ("identity provider", "requestParameters", "url"),
    "CreateSAMLProvider": ("identity provider", "requestParameters", "name"),
}
"""Which calls leave something behind: what that is, and where its name stands in the event.

https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""
_PERMISSIONS_ONLY = frozenset(
    {
        "MFA device of user",
        "group membership of user",
        "inline policy of role",
        "inline policy of user",
        "policy attached to role",
        "policy attached to user",
    }
)
"""What changes permissions or hinders others, but lets nobody in by itself."""


@value
class Trace:
    """Something that the principal left: its kind in words, its name, and when."""

    kind: str
    name: str
    at: datetime

    @property
    def gives_access(self) -> bool:
        """Whether somebody can get in by it. The denial of the principal reaches its own sessions."""
        if self.kind == SESSION:
            return ":role/" in self.name
        return self.kind not in _PERMISSIONS_ONLY


@value
class Trail(Observation):
    """What CloudTrail recorded of the principal.

    Attributes
    ----------
    traces : tuple of Trace
        What it left: the kind in words, the name, and when, in UTC.
    regions : tuple of str
        The regions that were searched.
    oldest : datetime or None
        How far back was read, where CloudTrail has more; None if all was read.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """

    traces: tuple[Trace, ...] = ()
    regions: tuple[str, ...] = ()
    oldest: datetime | None = None

    lags: ClassVar = True
    permissions: ClassVar = (
        *FINDING_HOLDERS,
        Permission("cloudtrail:LookupEvents", ("*",), reason="LookupEvents has no resource types"),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Find out where the principal was last seen, then read page after page in both regions at once.

        Of a user that was renamed, the calls under both names are read.
        """
        attributes = yield from _attributes(ref, past)
        if not attributes:
            return cls()
        last = yield from last_region(ref)
        regions = tuple(region for region in dict.fromkeys((GLOBAL, last)) if region)
        searches = tuple(_Search(region, one) for region in regions for one in attributes)
        for _ in range(PAGES):
            open_ = [one for one in searches if one.more]
            if not open_:
                break
            answers = yield tuple(one.call() for one in open_)
            read = {one.key: one.with_(answer) for one, answer in zip(open_, answers, strict=True)}
            searches = tuple(read.get(one.key, one) for one in searches)
        return cls(
            tuple(trace for one in searches for trace in one.traces),
            regions,
            max((one.oldest for one in searches if one.more and one.oldest), default=None),
        )

    def since(self, instant: datetime) -> tuple[Trace, ...]:
        """Return what was left since then, oldest first."""
        return tuple(sorted((one for one in self.traces if one.at >= instant), key=lambda one: one.at))


@frozen
class _Search:
    """How far the events of one region were read."""

    region: str
    attribute: tuple[str, str]
    token: str = ""
    more: bool = True
    oldest: datetime | None = None
    traces: tuple[Trace, ...] = ()

    @property
    def key(self) -> tuple[str, tuple[str, str]]:
        """What is searched, and where."""
        return self.region, self.attribute

    def call(self) -> Call:
        """Return the call for the next page."""
        key, wanted = self.attribute
        parameters: dict[str, object] = {
            "LookupAttributes": [{"AttributeKey": key, "AttributeValue": wanted}],
            "MaxResults": PAGE,
        }
        if self.token:
            parameters["NextToken"] = self.token
        return Call("cloudtrail", "LookupEvents", parameters, region=self.region)

    def with_(self, answer: Answer) -> _Search:
        """Add a page."""
        page = document(answer)
        events = tuple(page.children("Events"))
        token = page.optional_text("NextToken") or ""
        found = (trace for one in events if (trace := _trace(one)))
        times = [at for one in events if isinstance(at := one.value.get("EventTime"), datetime)]
        return replace(
            self,
            token=token,
            more=bool(token),
            oldest=min(times, default=self.oldest),
            traces=(*self.traces, *found),
        )


def last_region(ref: Ref) -> SansIO[str]:
    """Return the region in which a key or a role was last used. Empty for a user and for a deleted key."""
    if isinstance(ref, AccessKeyRef):
        (answer,) = yield (last_used(ref.id),)
        return "" if isinstance(answer, Failed) else region_in(answer.optional_child("AccessKeyLastUsed"))
    if isinstance(ref, RoleSessionRef):
        _, name = yield from name_of(ref)
        (answer,) = yield (get_holder(ROLE, name),)
        if isinstance(answer, Failed):
            return ""
        return region_in(answer.child("Role").optional_child("RoleLastUsed"))
    return ""


def _attributes(ref: Ref, past: tuple[Step, ...]) -> SansIO[tuple[tuple[str, str], ...]]:
    """Return what CloudTrail looks events up by: of a session of a role, the user's name is the session's."""
    if isinstance(ref, AccessKeyRef):
        return (("AccessKeyId", ref.id),)
    if isinstance(ref, UserRef):
        name = yield from user_of(ref, past)
        return tuple(("Username", one) for one in dict.fromkeys((ref.id, name)))
    if isinstance(ref, RoleSessionRef):
        return (("Username", ref.id.partition(":")[2]),)
    return ()


def _trace(event: Document) -> Trace | None:
    """Return what an event left behind; None for one that left nothing or that cannot be read."""
    kind = _KINDS.get(event.optional_text("EventName") or "")
    at = event.value.get("EventTime")
    if kind is None or not isinstance(at, datetime):
        return None
    what, path, key = kind
    return Trace(what, next(_names(event, path, key), "of unknown name"), at) if _succeeded(event) else None


def _succeeded(event: Document) -> bool:
    try:
        return not _body(event).has("errorCode")
    except (BadInput, ValueError):
        return True


def _names(event: Document, path: str, key: str) -> Iterator[str]:
    """Yield the escaped name, because the caller chose it."""
    try:
        found = _body(event)
        for part in path.split("."):
            found = found.optional_child(part)
        name = found.optional_text(key)
    except (BadInput, ValueError):
        return
    if name:
        yield ascii(name[:_LONGEST])[1:-1]


def _body(event: Document) -> Document:
    return Document.of(json.loads(event.optional_text("CloudTrailEvent") or "{}"))
