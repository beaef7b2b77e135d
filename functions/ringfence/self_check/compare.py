"""Compare what was read with what is declared, and say the difference in words. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.self_check.template import UNRESOLVED

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 160


def differences(declared: object, found: object) -> Iterator[str]:
    """Yield each difference in words. Tuples are compared as sets.

    Examples
    --------
    >>> list(differences("ENABLED", "DISABLED"))
    ['is DISABLED, declared ENABLED']
    >>> list(differences({"queue": {"Arn": "a"}}, {"queue": {"Arn": "a", "Input": "{}"}}))
    ['queue Input is {}, declared none']
    """
    if declared in (UNRESOLVED, found):
        return
    if isinstance(declared, Mapping) and isinstance(found, Mapping):
        for name in dict.fromkeys((*declared, *found)):
            for words in differences(declared.get(name), found.get(name)):
                yield f"{name} {words}"
    elif isinstance(declared, tuple) and isinstance(found, tuple):
        if any(UNRESOLVED in str(one) for one in declared):
            declared = tuple(one for one in declared if UNRESOLVED not in str(one))
            yield from (f"lacks {shown(one)}" for one in declared if one not in found)
            return
        yield from (f"lacks {shown(one)}" for one in declared if one not in found)
        yield from (f"also has {shown(one)}, which is not declared" for one in found if one not in declared)
    else:
        yield f"is {shown(found)}, declared {shown(declared)}"


def shown(value: object) -> str:
    """Return a value as text, shortened."""
    if value is None or value in ((), {}, ""):
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def statements(document: object) -> tuple[str, ...]:
    """Return the statements of an IAM policy in a form in which equal ones have equal text.

    AWS services return a policy with other list forms, order and ids than it was written with.
    """
    if isinstance(document, str):
        document = json.loads(document) if document else {}
    given = document.get("Statement", []) if isinstance(document, Mapping) else []
    each = given if isinstance(given, list | tuple) else [given]
    return tuple(sorted(json.dumps(_statement(one), sort_keys=True) for one in each))


def _statement(one: object) -> object:
    if not isinstance(one, Mapping):
        return one
    return {
        name: _principals(value)
        if name.endswith("Principal")
        else _conditions(value)
        if name == "Condition"
        else _texts(value)
        for name, value in one.items()
        if name != "Sid"
    }


def _principals(value: object) -> object:
    if not isinstance(value, Mapping):
        return {"AWS": _texts(value)}
    return {name: sorted(map(_account, _texts(one))) for name, one in value.items()}


def _account(text: str) -> str:
    """Write an account as its root, as AWS services do."""
    return f"arn:aws:iam::{text}:root" if text.isdigit() else text


def _conditions(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        operator: {key: _texts(values) for key, values in block.items()}
        for operator, block in value.items()
        if isinstance(block, Mapping)
    }


def _texts(value: object) -> list[str]:
    given = value if isinstance(value, list | tuple) else [value]
    return sorted({str(one).lower() if isinstance(one, bool) else str(one) for one in given})
