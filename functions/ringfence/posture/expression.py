"""Expressions in CEL, for what a tree of properties cannot say. Pure.

An expression sees `resource` (`type`, `account`, `region`, `id`, `name`, `tags`) and `properties`, under
CloudFormation's names. It has no side effects. A key that is not there has no value: the resource is not
assessed, unless the expression asks `has(…)` first.

https://github.com/google/cel-spec
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import cel

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.posture.named import reads
from ringfence.posture.values import UNREAD, shown

if TYPE_CHECKING:
    from ringfence.posture.rule import Resource

_FIELDS = ("type", "account", "region", "id", "name", "tags")
_NEAR = 40
"""The characters of an expression that say where an error is."""


@frozen
class Expression:
    """An expression in CEL, and the sentence for a resource that it is false for."""

    text: str
    problem: str

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The properties that the expression reads. The empty path is every property."""
        return reads(self.text).paths


def check(text: str) -> str:
    """Return what is wrong with an expression. Empty if it can be compiled, and says what it reads.

    Examples
    --------
    >>> check("properties.Encrypted == true")
    ''
    >>> check("properties.Encrypted ==")
    'is not an expression in CEL: a part is missing or not understood after properties.Encrypted =='
    """
    try:
        _compiled(text)
    except BadInput as error:
        return error.problem
    unclear = reads(text).unclear
    if unclear < 0:
        return ""
    before = text[:unclear].splitlines() or [""]
    where = _after(text, len(before), len(before[-1]) + 1) or " at its beginning"
    return f"must name the property that it reads, such as properties.Name, and has only properties{where}"


def truth(expression: Expression, resource: Resource) -> bool:
    """Return whether an expression is true for a resource.

    Raises
    ------
    BadInput
        The expression cannot be evaluated: it reads a key that is not there, or compares values of two types.

    """
    seen: dict[str, object] = {name: getattr(resource, name) for name in _FIELDS}
    try:
        context = {"resource": _plain(seen), "properties": _plain(resource.properties)}
        answer = _compiled(expression.text).execute(context)
    except KeyError as error:
        key = shown(error.args[0] if error.args else "")
        raise BadInput("expression", f"reads {key}, which is missing; test it with has(…) first") from error
    except (ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
        told = str(error).partition("\n")[0].partition(":")[0]
        raise BadInput("expression", f"cannot be evaluated: {ascii(told)[1:-1][:120]}") from error
    if not isinstance(answer, bool):
        raise BadInput("expression", f"must be true or false, and is {shown(answer)}")
    return answer


@cache
def _compiled(text: str) -> cel.Program:
    try:
        return cel.compile(text)
    except ValueError as error:
        place = re.search(r"<input>:(\d+):(\d+)", str(error))
        where = _after(text, int(place.group(1)), int(place.group(2))) if place else ""
        words = f"is not an expression in CEL: a part is missing or not understood{where}"
        raise BadInput("expression", words) from error


def _after(text: str, line: int, column: int) -> str:
    """Return in words where an error is. A position would not be one in the file: YAML folds lines."""
    before = text.splitlines()[line - 1][: column - 1].rstrip() if line <= len(text.splitlines()) else ""
    if not before:
        return ""
    return f" after {'…' if len(before) > _NEAR else ''}{ascii(before[-_NEAR:])[1:-1]}"


def _plain(value: object) -> object:
    """Return a value as CEL takes it. What nobody read is not there."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items() if one is not UNREAD}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
