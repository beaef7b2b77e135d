"""IAM policies in items, as lists of statements whose actions, resources and principals are lists. Pure.

Items have a policy as a text, which IAM also encodes for URLs. A policy writes a single action as a text, and
several as a list: rules see a list in both cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ringfence.model.errors import BadInput
from ringfence.posture.mapping import Computed
from ringfence.posture.texts import json_in
from ringfence.posture.values import UNREAD

if TYPE_CHECKING:
    from ringfence.posture.mapping import Item

ELEMENTS = ("Effect", "Actions", "NotActions", "Resources", "Principals", "NotPrincipals", "Conditions")


def statements(property_: str, field: str) -> Computed:
    """Return the property for the statements of a policy, whose text is in a field of an item.

    The property is a list. A statement has `Effect`, `Actions`, `NotActions`, `Resources`, `Principals` and
    `NotPrincipals`, which are lists but for the first, and `Conditions`, a mapping of operators.
    """
    parts = tuple(field.split("."))
    return Computed(property_, ELEMENTS, partial(_statements, parts), (parts[0], parts[1]))


def _statements(field: tuple[str, ...], item: Item) -> object:
    """Return the statements, or UNREAD if the item has no policy that can be read."""
    value: object = item
    for part in field:
        if not isinstance(value, Mapping) or part not in value:
            return UNREAD
        value = value[part]
    return policy_statements(value)


def policy_statements(value: object) -> object:
    """Return the statements of a policy: of its text, its document, or None for no policy."""
    if value is None:
        return []
    if isinstance(value, str):
        try:
            value = json_in(value if value.lstrip().startswith("{") else unquote(value))
        except BadInput:
            return UNREAD
    if not isinstance(value, Mapping):
        return UNREAD
    return [_statement(one) for one in _list(value.get("Statement")) if isinstance(one, Mapping)]


def _statement(given: Mapping[object, object]) -> dict[str, object]:
    conditions = given.get("Condition")
    return {
        "Effect": given.get("Effect"),
        "Actions": _texts(given.get("Action")),
        "NotActions": _texts(given.get("NotAction")),
        "Resources": _texts(given.get("Resource")),
        "Principals": _principals(given.get("Principal")),
        "NotPrincipals": _principals(given.get("NotPrincipal")),
        "Conditions": dict(conditions) if isinstance(conditions, Mapping) else {},
    }


def _principals(given: object) -> list[str]:
    if isinstance(given, Mapping):
        return [text for one in given.values() for text in _texts(one)]
    return _texts(given)


def _texts(given: object) -> list[str]:
    return [one for one in _list(given) if isinstance(one, str)]


def _list(given: object) -> Sequence[object]:
    if given is None:
        return ()
    return given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
