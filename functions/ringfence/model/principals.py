"""The owner of the credentials in a report, from the type of user and the prefix of the key, both optional.

Types: "CloudTrail userIdentity element" (GuardDuty's `userType` has the same values); prefixes: "IAM
identifiers", unique ids. Unknown combinations lead to a notification, never to a guess.
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.arn import read_arn
from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import USER_ID, UserRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import ACCOUNT, GLOBAL, PrincipalRef

if TYPE_CHECKING:
    from collections.abc import Callable

LONG_TERM, TEMPORARY = "AKIA", "ASIA"
"""The prefixes of access key ids."""
ANONYMOUS = "ANONYMOUS_PRINCIPAL"


@frozen
class Caller:
    """The caller in a report. Each field can be empty.

    `name` is the name of the user or, for a role session, of the role. `issuer` is the ARN of the session's
    issuer.
    """

    type: str = ""
    key: str = ""
    principal: str = ""
    name: str = ""
    issuer: str = ""


@frozen
class Principal:
    """The subject, and the reason for a notification instead of a change. Empty if changes are right."""

    ref: PrincipalRef
    notify_only_reason: str = ""


class Kind(StrEnum):
    """The types of user in the table of cases."""

    ROOT = "Root"
    USER = "IAMUser"
    SESSION = "AssumedRole"
    FEDERATED = "FederatedUser"
    UNSAID = ""
    NOBODY = "nobody"
    CONTRADICTION = "contradiction"
    OTHER = "other"


class Key(StrEnum):
    """The kind of an access key id."""

    LONG_TERM = LONG_TERM
    TEMPORARY = TEMPORARY
    NONE = ""
    ODD = "odd"


ROOT = (
    "these are root credentials, and nothing inside the account can limit them; a person must delete the "
    "root user's keys and change its password, or do so from the organization's management account with "
    "central root access (sts:AssumeRoot) and deny the root user with a service control policy"
)
IDENTITY_CENTER = (
    "the session comes from IAM Identity Center: its roles cannot be edited, and its users can sign in "
    "again; a person must continue the containment at the identity provider: disable the user and end "
    "its sessions"
)
SERVICE_LINKED = (
    "the role is linked to a service and cannot be edited; a person must check the service that uses it"
)
FEDERATED = (
    "the session was created with GetFederationToken and has the permissions of the IAM user that "
    "created it; the report does not name that user, and the name of the session is free text; a person "
    "must find the user in CloudTrail (sessionContext.sessionIssuer) and contain it"
)
NO_NAME = "the report names neither a long-term key nor a user; a person must check"
NO_SESSION = (
    "the report does not name the role and its session; only a person may decide to deny a whole role"
)
ODD_KEY = "the access key's id starts neither with AKIA nor with ASIA; a person must check"
CONTRADICTION = "the report contradicts itself about the owner of the credentials; a person must check"
NOBODY = "the calls were anonymous: there are no credentials to contain; a person must check the resource"
UNKNOWN = "the report does not name the owner of the credentials in a known form; a person must check"
_PROVIDER = (
    "the user belongs to an identity provider and not to this account; a person must continue the "
    "containment there: disable the user and end its sessions"
)
_BY_TYPE = MappingProxyType(
    {
        "AWSAccount": (
            "the caller belongs to another account, where Ringfence can change nothing; a person must "
            "remove the access that the resource gives it, and notify the owner of that account"
        ),
        "AWSService": (
            "the caller is an AWS service, which has no credentials to contain; a person must check what "
            "caused the call"
        ),
        "Directory": _PROVIDER,
        "IdentityCenterUser": IDENTITY_CENTER,
        "SAMLUser": _PROVIDER,
        "WebIdentityUser": _PROVIDER,
    }
)
_UNEDITABLE = (
    (re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/aws-reserved/sso\.amazonaws\.com/.+"), IDENTITY_CENTER),
    (re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/aws-service-role/.+"), SERVICE_LINKED),
)
"""Only AWS creates roles in these paths. Anybody can create a role with the same name in another path."""

_KINDS = {"Root": Kind.ROOT, "IAMUser": Kind.USER, "FederatedUser": Kind.FEDERATED}
_KINDS |= {"AssumedRole": Kind.SESSION, "Role": Kind.SESSION, "": Kind.UNSAID}
_SHOWN = (
    (re.compile(r"AIDA[A-Z0-9]+"), Kind.USER),
    (re.compile(r"AROA[A-Z0-9]+(:.*)?"), Kind.SESSION),
    (ACCOUNT, Kind.ROOT),
    (re.compile(rf"{ACCOUNT.pattern}:.+"), Kind.FEDERATED),
)
_TEMPORARY_KEY = re.compile(rf"{TEMPORARY}[A-Z0-9]{{12,124}}")
_ODD_CHARACTERS = re.compile(r"[^A-Za-z0-9_+=,.@:/-]+")
_MOST = 100


def principal_of(caller: Caller, account: str) -> Principal:
    """Return the caller, and the reason for a notification if nothing can be changed about it."""
    kind, key = _kind(caller), _key(caller.key)
    for kinds, keys, answer in _CASES:
        if kind in kinds and key in keys:
            return answer(caller, account)
    raise InternalError("there is no other case")  # the last case matches everything


def _kind(caller: Caller) -> Kind:
    """Return the stated type, or the one that the principal's id shows."""
    if ANONYMOUS in {caller.type, caller.principal, caller.name} or caller.type == "Anonymous":
        return Kind.NOBODY
    stated = _KINDS.get(caller.type, Kind.OTHER)
    shown = next((kind for pattern, kind in _SHOWN if pattern.fullmatch(caller.principal)), Kind.UNSAID)
    if stated is Kind.UNSAID:
        return shown
    if stated is not Kind.OTHER and shown not in {stated, Kind.UNSAID}:
        return Kind.CONTRADICTION
    return stated


def _key(id_: str) -> Key:
    if not id_:
        return Key.NONE
    if AccessKeyRef.pattern.fullmatch(id_):
        return Key.LONG_TERM
    return Key.TEMPORARY if _TEMPORARY_KEY.fullmatch(id_) else Key.ODD


def _root(_: Caller, account: str) -> Principal:
    return Principal(RootRef(account, GLOBAL, "root"), ROOT)


def _access_key(caller: Caller, account: str) -> Principal:
    user = _name(caller.name)
    return Principal(AccessKeyRef(account, GLOBAL, caller.key, user, _user_id(caller.principal)))


def _user(caller: Caller, account: str) -> Principal:
    name = _name(caller.name)
    if not name:
        return _other(caller, account, NO_NAME)
    return Principal(UserRef(account, GLOBAL, name, _user_id(caller.principal)))


def _session(caller: Caller, account: str) -> Principal:
    role = _name(caller.name.rpartition("/")[2])
    if not role or not _fits(RoleSessionRef.pattern, caller.principal):
        return _other(caller, account, NO_SESSION)
    # Without an ARN, the path is read from IAM before anything is planned.
    advice = next((words for path, words in _UNEDITABLE if path.fullmatch(caller.issuer)), "")
    return Principal(RoleSessionRef(account, GLOBAL, caller.principal, role), advice)


def _federated(caller: Caller, account: str) -> Principal:
    """Contain the user whose permissions the session has, because a denial of the user applies to it."""
    issuer = read_arn(UserRef, caller.issuer)
    name = _name(issuer.id) if issuer else ""
    if not issuer or not name:
        return _other(caller, account, FEDERATED)
    return Principal(UserRef(issuer.account, GLOBAL, name))


def _told(advice: str) -> Callable[[Caller, str], Principal]:
    def answer(caller: Caller, account: str) -> Principal:
        return _other(caller, account, advice)

    return answer


def _by_type(caller: Caller, account: str) -> Principal:
    return _other(caller, account, _BY_TYPE.get(caller.type, UNKNOWN))


def _other(caller: Caller, account: str, advice: str) -> Principal:
    told = (caller.type or "unknown", caller.principal or caller.name or caller.key or "unknown")
    id_ = ":".join(_ODD_CHARACTERS.sub("-", text[:_MOST]) for text in told)
    return Principal(OtherPrincipalRef(account, GLOBAL, id_), advice)


def _name(text: str) -> str:
    """Return the name of a user or a role. Empty if it is invalid."""
    return text if _fits(UserRef.pattern, text) else ""


def _user_id(text: str) -> str:
    """Return the unique id of a user. Empty if it is none."""
    return text if _fits(USER_ID, text) else ""


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return text.isascii() and bool(pattern.fullmatch(text))


_EVERY = frozenset(Key)
_SHORT = frozenset({Key.TEMPORARY, Key.NONE})
_CASES: tuple[tuple[frozenset[Kind], frozenset[Key], Callable[[Caller, str], Principal]], ...] = (
    (frozenset({Kind.NOBODY}), _EVERY, _told(NOBODY)),
    (frozenset({Kind.CONTRADICTION}), _EVERY, _told(CONTRADICTION)),
    (frozenset({Kind.ROOT}), _EVERY, _root),
    (frozenset({Kind.OTHER}), _EVERY, _by_type),
    (frozenset(Kind), frozenset({Key.ODD}), _told(ODD_KEY)),
    (frozenset({Kind.USER, Kind.UNSAID}), frozenset({Key.LONG_TERM}), _access_key),
    (frozenset({Kind.SESSION, Kind.FEDERATED}), frozenset({Key.LONG_TERM}), _told(CONTRADICTION)),
    (frozenset({Kind.USER}), _SHORT, _user),
    (frozenset({Kind.SESSION}), _SHORT, _session),
    (frozenset({Kind.FEDERATED}), _SHORT, _federated),
    (frozenset(Kind), _EVERY, _told(UNKNOWN)),
)
"""The result for each type of user and kind of key. The first matching case decides."""
