"""Conditions on a record of CloudTrail as a tree of values, and whether a record fulfills them. Pure.

A field is a dotted path. If there are several values at it, one that fits is enough. Texts are compared
without regard to case, as Sigma does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ringfence.insights.activity.selecting import MOST_TEXT
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.insights.activity.selecting import Record


@frozen
class All:
    """Every one of these conditions."""

    of: tuple[Condition, ...]


@frozen
class Some:
    """At least one of these conditions."""

    of: tuple[Condition, ...]


@frozen
class Not:
    """The opposite of a condition."""

    of: Condition


@frozen
class Is:
    """A field whose whole value matches a regular expression. `exact` is the text without wildcards."""

    field: str
    regex: str
    exact: str = ""
    cased: bool = False
    whole: bool = True


@frozen
class Exists:
    """A field that exists. A field that is null does not."""

    field: str


@frozen
class SameAs:
    """A field with the same value as another one."""

    field: str
    other: str


@frozen
class Within:
    """A field with an address in a network."""

    field: str
    network: str


@frozen
class Compares:
    """A field with a number that compares so: `<`, `<=`, `>` or `>=`."""

    field: str
    operator: str
    number: float


Leaf = Is | Exists | SameAs | Within | Compares
Condition = All | Some | Not | Leaf


def holds(condition: Condition, record: Record) -> bool:
    """Return whether a record fulfills a condition.

    Examples
    --------
    >>> holds(Is("eventName", "create.*"), {"eventName": "CreateUser"})
    True
    """
    if isinstance(condition, All):
        return all(holds(one, record) for one in condition.of)
    if isinstance(condition, Some):
        return any(holds(one, record) for one in condition.of)
    if isinstance(condition, Not):
        return not holds(condition.of, record)
    found = tuple(values_at(record, condition.field))
    if isinstance(condition, Exists):
        return bool(found)
    if isinstance(condition, SameAs):
        others = {one.casefold() for one in values_at(record, condition.other)}
        return any(one.casefold() in others for one in found)
    return any(_fits(condition, one) for one in found)


def values_at(value: object, path: str) -> Iterator[str]:
    """Yield the values at a dotted path as texts. Lists on the way are looked through.

    Examples
    --------
    >>> list(values_at({"a": [{"b": True}, {"b": 2}]}, "a.b"))
    ['true', '2']
    """
    yield from _values(value, path.split("."))


def _values(value: object, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _values(one, path)
    elif isinstance(value, Mapping):
        if path:
            yield from _values(value.get(path[0]), path[1:])
    elif not path and isinstance(value, bool):
        yield str(value).lower()
    elif not path and isinstance(value, str | int | float):
        yield str(value)[:MOST_TEXT]


def literals(condition: Condition, field: str) -> frozenset[str]:
    """Return texts of which a field must have one. Empty if the condition does not limit it to some texts.

    Examples
    --------
    >>> sorted(literals(All((Is("a", "x", "x"), Not(Exists("b")))), "a"))
    ['x']
    """
    if isinstance(condition, Is) and condition.field == field and condition.exact:
        return frozenset({condition.exact})
    if isinstance(condition, All):
        return next(filter(None, (literals(one, field) for one in condition.of)), frozenset())
    if isinstance(condition, Some):
        each = [literals(one, field) for one in condition.of]
        return frozenset().union(*each) if all(each) else frozenset()
    return frozenset()


def _fits(condition: Is | Within | Compares, value: str) -> bool:
    if isinstance(condition, Is):
        expression = _compiled(condition.regex, condition.cased)
        return bool(expression.fullmatch(value) if condition.whole else expression.search(value))
    try:
        if isinstance(condition, Within):
            return ip_address(value) in ip_network(condition.network, strict=False)
        number = float(value)
    except ValueError:
        return False
    compared = {
        "<": number < condition.number,
        "<=": number <= condition.number,
        ">": number > condition.number,
        ">=": number >= condition.number,
    }
    return compared[condition.operator]


@lru_cache(maxsize=4096)
def _compiled(regex: str, cased: bool) -> re.Pattern[str]:  # noqa: FBT001 - of a cached function
    return re.compile(regex, re.DOTALL | (0 if cased else re.IGNORECASE))
