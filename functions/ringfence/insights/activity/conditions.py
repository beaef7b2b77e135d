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


def allows_everything(record: Record) -> bool:
    """Return whether a policy in the request allows all actions on all resources."""
    return any(
        "*" in _flat(one.get("Action")) and "*" in _flat(one.get("Resource")) for one in _statements(record)
    )


def lets_everybody_in(record: Record) -> bool:
    """Return whether a policy in the request lets everybody in, without a condition."""
    return any("*" in _principals(one) for one in _statements(record) if not one.get("Condition"))


def lets_others_in(record: Record) -> bool:
    """Return whether a policy in the request lets everybody or another account in.

    A statement with a condition counts if it names another account.
    """
    own = account_of(record)
    named = {found for one in _statements(record) for found in map(_account, _principals(one)) if found}
    return lets_everybody_in(record) or bool(named - {own})


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


def _account(principal: str) -> str:
    match = _ACCOUNT.fullmatch(principal)
    return match[1] if match else ""


def _flat(value: object) -> list[str]:
    return [one for one in _list(value)[:_MOST] if isinstance(one, str)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
