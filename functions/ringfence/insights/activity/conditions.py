"""Conditions that an EventBridge pattern cannot express. Pure; what cannot be understood fulfills none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ringfence.insights.activity.selecting import account_of, object_at, text_at, texts_at

if TYPE_CHECKING:
    from ringfence.insights.activity.selecting import Record

_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:(?:iam|sts)::)?([0-9]{12})(?::.*)?", re.DOTALL)
_POLICIES = ("policyDocument", "assumeRolePolicyDocument", "policy", "bucketPolicy")
_MOST = 500
"""Statements and principals that are looked at. The caller writes the policy."""
ACCOUNT = re.compile(r"[0-9]{12}")


def for_another_user(record: Record) -> bool:
    """Return whether the call names a user that is not the caller."""
    named = text_at(object_at(record, "requestParameters"), "userName")
    return bool(named) and named != text_at(object_at(record, "userIdentity"), "userName")


_ALL = frozenset({"*", "*:*"})


def allows_everything(record: Record) -> bool:
    """Return whether a policy in the request allows all actions on all resources."""
    return any(
        not _ALL.isdisjoint(_flat(one.get("Action"))) and "*" in _flat(one.get("Resource"))
        for one in _statements(record)
    )


def lets_everybody_in(record: Record) -> bool:
    """Return whether a policy in the request lets everybody in, or everybody but some.

    A condition that everybody can fulfill, such as one on TLS, changes nothing in this.
    """
    own = account_of(record)
    return any(
        ("NotPrincipal" in one or "*" in _principals(one)) and not _is_limited(one, own)
        for one in _statements(record)
    )


def lets_others_in(record: Record) -> bool:
    """Return whether a policy in the request lets everybody or another account in.

    A statement with a condition counts if it names another account. An id of a canonical user does not say
    whose it is, so it counts as another account.
    """
    own, statements = account_of(record), tuple(_statements(record))
    named = {found for one in statements for found in map(_account, _principals(one)) if found}
    return lets_everybody_in(record) or bool(named - {own}) or any(map(_canonical, statements))


def shares_with_others(record: Record) -> bool:
    """Return whether a call shares a snapshot or an image with everybody or with another account."""
    parameters, own = object_at(record, "requestParameters"), account_of(record)
    added = (object_at(object_at(parameters, one), "add") for one in _PERMISSIONS)
    given = [text for one in added for name in ("userId", "group") for text in texts_at(one, name)]
    given += texts_at(parameters, "valuesToAdd")
    return any(one == "all" or (ACCOUNT.fullmatch(one) and one != own) for one in given)


_PERMISSIONS = ("createVolumePermission", "launchPermission")


def uses_foreign_layer(record: Record) -> bool:
    """Return whether a function gets a layer of another account."""
    layers = texts_at(record, "requestParameters.layers")
    owners = {parts[4] for one in layers if len(parts := one.split(":")) > 4}  # noqa: PLR2004 - an ARN's account
    return bool(owners - {account_of(record), ""})


def expires_soon(record: Record) -> bool:
    """Return whether a lifecycle rule deletes all current objects of a bucket within a week."""
    parameters = object_at(record, "requestParameters")
    configuration = object_at(parameters, "LifecycleConfiguration")
    for rule in _list(configuration.get("Rule") or configuration.get("Rules")):
        if isinstance(rule, Mapping) and not (rule.get("Prefix") or _narrows(rule.get("Filter"))):
            days = object_at(rule, "Expiration").get("Days")
            if str(days).isdigit() and int(str(days)) <= _SOON:
                return True
    return False


_SOON = 7


def _narrows(given: object) -> bool:
    """Return whether a filter selects only some objects. Records contain `{"Prefix": ""}` for all."""
    return isinstance(given, Mapping) and any(given.values())


def _statements(record: Record) -> Iterator[Mapping[str, object]]:
    """Yield the statements with the effect Allow of the policies in a request."""
    parameters = object_at(record, "requestParameters")
    for policy in (parameters.get(one) for one in _POLICIES):
        document = _parsed(policy) if isinstance(policy, str) else policy
        if isinstance(document, Mapping):
            for one in _list(document.get("Statement"))[:_MOST]:
                if isinstance(one, Mapping) and one.get("Effect") == "Allow":
                    yield one


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _principals(statement: Mapping[str, object]) -> list[str]:
    given = statement.get("Principal")
    if isinstance(given, Mapping):
        return _flat(given.get("AWS"))
    return _flat(given)


def _canonical(statement: Mapping[str, object]) -> bool:
    return bool(object_at(statement, "Principal").get("CanonicalUser"))


_EQUAL = re.compile(r"(?:foranyvalue:)?(?:string(?:equals|equalsignorecase|like)|arn(?:equals|like))")
"""Operators that a request without the key does not fulfill, in lower case."""
_OF_ACCOUNTS = frozenset(
    {
        *("aws:principalaccount", "aws:sourceaccount", "aws:sourceowner"),
        *("kms:calleraccount", "s3:dataaccesspointaccount"),
    }
)
_OF_ARNS = frozenset({"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"})
_OF_NETWORKS = frozenset(
    {
        *("aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn"),
    }
)
"""Condition keys that limit who may call: to accounts, to resources, and to organizations or networks.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""
_ACCOUNT_OF_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([^:]*):.*", re.DOTALL)


def _is_limited(statement: Mapping[str, object], own: str) -> bool:
    """Return whether a condition limits a statement to an account, an organization or a network.

    Whose organization or network that is cannot be known here.
    """
    return any(
        all(_limits(key.casefold(), one, own) for one in given)
        for operator, keys in object_at(statement, "Condition").items()
        if _EQUAL.fullmatch(operator.casefold()) and isinstance(keys, Mapping)
        for key, value in keys.items()
        if (given := _flat(value))
    )


def _limits(key: str, value: str, own: str) -> bool:
    if key in _OF_ACCOUNTS:
        return value == own
    if key in _OF_ARNS:
        match = _ACCOUNT_OF_ARN.fullmatch(value)
        return match is not None and match[1] in {own, ""}
    return key in _OF_NETWORKS and not value.startswith("*")


def _account(principal: str) -> str:
    match = _ACCOUNT.fullmatch(principal)
    return match[1] if match else ""


def _flat(value: object) -> list[str]:
    return [one for one in _list(value)[:_MOST] if isinstance(one, str)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
