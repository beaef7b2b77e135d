"""Values of properties, as rules and items write them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
EVERYWHERE: Final = "global"
"""The region of global resources in items of AWS Config."""
LONGEST: Final = 120
"""Characters of a value in a message. The owner of a resource writes its names and tags."""


class _Unread:
    """The value of a property that nobody looked at."""

    def __repr__(self) -> str:
        return "UNREAD"


UNREAD: Final = _Unread()


def is_unread(value: object) -> bool:
    """Return whether nobody read anything of a value: neither the value, nor any property in it."""
    below = [value]
    while below:
        one = below.pop()
        if isinstance(one, Mapping) and one:
            below += one.values()
        elif one is not UNREAD:
            return False
    return True


def has_unread(value: object) -> bool:
    """Return whether nobody read a value, or something in it."""
    below = [value]
    while below:
        one = below.pop()
        if one is UNREAD:
            return True
        if isinstance(one, Mapping):
            below += one.values()
        elif isinstance(one, Sequence) and not isinstance(one, str):
            below += one
    return False


def same(wanted: Scalar, actual: object) -> bool:
    """Return whether a property has a value.

    AWS Config writes some numbers and booleans as texts: `"true"` is true, and `"7"` is 7.

    Examples
    --------
    >>> same(True, "true"), same(7, "7"), same("aws:kms", "AES256"), same(True, 1)
    (True, True, False, False)
    """
    if isinstance(wanted, bool) or isinstance(actual, bool):
        return _boolean(wanted) is not None and _boolean(wanted) is _boolean(actual)
    if isinstance(wanted, int | float) and isinstance(actual, int | float | str):
        return _number(actual) == wanted
    return type(wanted) is type(actual) and wanted == actual


def _boolean(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _number(value: float | str) -> float | None:
    try:
        return float(value)
    except (ValueError, OverflowError):  # no number, or a whole one with hundreds of digits
        return None


def shown(value: object) -> str:
    """Return a value for a message, in printable characters and within a length.

    Examples
    --------
    >>> shown("aws:kms"), shown(True), shown(None), shown(["a", 1])
    ("'aws:kms'", 'true', 'nothing', '["a", 1]')
    """
    if value is None:
        return "nothing"
    if isinstance(value, str):
        text = ascii(value)
    elif isinstance(value, Mapping | Sequence | bool | int | float):
        text = json.dumps(value, default=str)
    else:
        text = ascii(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
