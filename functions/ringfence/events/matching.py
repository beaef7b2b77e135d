"""Whether an EventBridge pattern matches an event. Pure.

A sweep reads more than a rule delivers. Only what the rule would have delivered goes on. The operators are
those that Ringfence's patterns use; any other one is a bug of a pattern, and matches nothing.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OR = "$or"


def matches(pattern: Mapping[str, object], event: object) -> bool:
    """Return whether a pattern matches an event, or an object within it.

    Examples
    --------
    >>> matches({"detail": {"id": [{"prefix": "a"}]}}, {"detail": {"id": "ab"}})
    True
    """
    return all(_fits(name, wanted, event) for name, wanted in pattern.items())


def _fits(name: str, wanted: object, event: object) -> bool:
    if name == OR:
        return isinstance(wanted, list) and any(matches(one, event) for one in wanted)
    given = event.get(name) if isinstance(event, dict) else None
    if isinstance(wanted, dict):
        parts = [one for one in _flat(given) if isinstance(one, dict)]
        return any(matches(wanted, one) for one in parts or ({},))
    if not isinstance(wanted, list):
        raise InternalError(f"the pattern of {name} is neither a list nor an object")
    present = isinstance(event, dict) and name in event
    leaves = [one for one in _flat(given) if not isinstance(one, dict)] if present else []
    return any(_matches_one(one, leaves) for one in wanted)


def _flat(value: object) -> Iterator[object]:
    """Yield a value, or the members of a list. An array matches if one of its members does."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _matches_one(matcher: object, leaves: list[object]) -> bool:
    if isinstance(matcher, dict) and "exists" in matcher:
        return matcher["exists"] is bool(leaves)
    return any(_is(matcher, leaf) for leaf in leaves)


def _is(matcher: object, leaf: object) -> bool:
    if not isinstance(matcher, dict):
        return type(matcher) is type(leaf) and matcher == leaf
    ((operator, operand),) = matcher.items()
    if operator == "anything-but":
        return not _excluded(operand, leaf)
    return isinstance(leaf, str) and _is_text(operator, operand, leaf)


def _excluded(operand: object, leaf: object) -> bool:
    """Return whether `anything-but` names a value: by itself, in a list, or by its form."""
    others = operand if isinstance(operand, list) else [operand]
    return any(_is(one, leaf) for one in others)


def _is_text(operator: str, operand: object, leaf: str) -> bool:
    if isinstance(operand, dict):  # without regard to case
        ((_, operand),) = operand.items()
        leaf, operand = leaf.casefold(), str(operand).casefold()
    if operator == "prefix":
        return leaf.startswith(str(operand))
    if operator == "suffix":
        return leaf.endswith(str(operand))
    if operator == "equals-ignore-case":
        return leaf.casefold() == str(operand).casefold()
    if operator == "wildcard":
        return bool(_wildcard(str(operand)).fullmatch(leaf))
    raise InternalError(f"a pattern has the operator {operator}")


@lru_cache(maxsize=256)
def _wildcard(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
