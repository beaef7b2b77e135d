"""Import Sigma rules for CloudTrail as rules for activity. What cannot be expressed is named with the reason.

pySigma reads the rules and their modifiers. It is an optional dependency.

https://github.com/SigmaHQ/sigma-specification
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from ringfence.insights.expression import All, Compares, Exists, Is, Not, SameAs, Some, Within
from ringfence.insights.imported import Imported
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ringfence.insights.activity.rule import Rule
    from ringfence.insights.expression import Condition

PREFIX = "sigma-"
"""The start of the ids of imported rules."""
_SEVERITIES = {"informational": "low"}
_TECHNIQUE = re.compile(r"t[0-9]{4}(\.[0-9]{3})?")
_LONGEST = 80


class NotExpressibleError(Exception):
    """A Sigma rule uses something that no rule for activity can express."""


def files_in(path: Path) -> list[Path]:
    """Return the files with rules: those of a folder, or the path itself."""
    return sorted(one for one in path.rglob("*.y*ml") if one.is_file()) if path.is_dir() else [path]


def rules_of(text: str, where: str) -> Iterator[Rule | BadInput]:
    """Yield the rules of a file for activity, or why one of them cannot be imported."""
    for one in imported(text, where):
        yield one if isinstance(one, BadInput) else one.rule


def imported(text: str, where: str) -> Iterator[Imported | BadInput]:
    """Yield the rules of a file, or why one of them cannot be imported. `where` names the file.

    Correlations of rules are not imported.
    """
    try:
        collection = SigmaCollection.from_yaml(text)
    except (SigmaError, ValueError, TypeError, AttributeError, KeyError) as error:
        yield BadInput(where, f"is no Sigma rule: {error}")
        return
    except Exception as error:  # noqa: BLE001 - PyYAML's errors have no other base class in common
        yield BadInput(where, f"is not YAML: {_first_problem(error)}")
        return
    for one in collection.rules:
        try:
            yield _imported(one)
        except (NotExpressibleError, SigmaError) as error:
            yield BadInput(where, f"cannot be imported: {error}", one.title)


def _first_problem(error: Exception) -> str:
    """Return an error of PyYAML in one line, with its place."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or not problem:
        return str(error).partition("\n")[0]
    return f"{problem} at line {mark.line + 1} column {mark.column + 1}"


def _imported(one: object) -> Imported:
    if not isinstance(one, SigmaRule):
        raise NotExpressibleError("it is a correlation or a filter of rules")
    source = one.logsource
    if (source.product, source.service) != ("aws", "cloudtrail"):
        raise NotExpressibleError("its log source is not product aws and service cloudtrail")
    condition = _either([_condition(each.parsed) for each in one.detection.parsed_condition])
    level = str(one.level).lower() if one.level else "medium"
    tags = (str(tag.name).lower() for tag in one.tags)
    techniques = (tag.upper() for tag in tags if _TECHNIQUE.fullmatch(tag))
    return Imported(
        _id(one),
        " ".join(str(one.title).split())[:200],
        next(techniques, ""),
        _SEVERITIES.get(level, level),
        f"read the Sigma rule {one.id or one.title}, and ask the caller",
        condition,
    )


def _id(one: SigmaRule) -> str:
    """Return an id from the title and the id of the rule: titles alone are not unique."""
    slug = re.sub("[^a-z0-9]+", "-", str(one.title).lower()).strip("-")[:_LONGEST]
    return f"{PREFIX}{slug}{f'-{str(one.id)[:8]}' if one.id else ''}"


def _condition(node: object) -> Condition:
    if isinstance(node, ConditionAND):
        return All(tuple(map(_condition, node.args)))
    if isinstance(node, ConditionOR):
        return _either([_condition(one) for one in node.args])
    if isinstance(node, ConditionNOT):
        return Not(_condition(node.args[0]))
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _leaf(node.field, node.value)
    raise NotExpressibleError("it searches for keywords without a field")


def _either(found: list[Condition]) -> Condition:
    return found[0] if len(found) == 1 else Some(tuple(found))


def _leaf(field: str, value: object) -> Condition:
    for type_, convert in _CONVERTERS:
        if isinstance(value, type_):
            return convert(field, value)
    return _unsupported(field, value)


def _unsupported(field: str, value: object) -> Condition:
    raise NotExpressibleError(f"{type(value).__name__} of {field} is not supported")


def _text(field: str, value: SigmaString) -> Condition:
    pieces = [""]
    """The texts between `*`, as regular expressions."""
    for part in value.s:
        if part is SpecialChars.WILDCARD_MULTI:
            pieces.append("")
        elif isinstance(part, str):
            pieces[-1] += re.escape(part)
        elif part is SpecialChars.WILDCARD_SINGLE:
            pieces[-1] += "."
        else:
            raise NotExpressibleError(f"{field} contains a placeholder")
    exact = str(value) if all(isinstance(part, str) for part in value.s) else ""
    return Is(field, _in_order(pieces), exact, cased=isinstance(value, SigmaCasedString))


def _in_order(pieces: list[str]) -> str:
    """Return an expression for texts that contain these pieces in order, from their start to their end.

    Each piece in the middle is the first one that fits, which is always right, and is never tried again.
    Callers choose the texts, so the time must not grow with a power of their length.
    """
    first, *middle = pieces
    if not middle:
        return first
    last = middle.pop()
    return first + "".join(f"(?>.*?{one})" for one in middle if one) + f".*{last}"


def _same(field: str, value: SigmaFieldReference) -> Condition:
    if value.starts_with or value.ends_with:
        raise NotExpressibleError(f"{field} is compared with a part of another field")
    return SameAs(field, value.field)


def _regex(field: str, value: SigmaRegularExpression) -> Condition:
    flags = "".join(sorted(value.sigma_to_re_flag[one] for one in value.flags))
    text = f"(?{flags}){value.regexp}" if flags else str(value.regexp)
    try:
        re.compile(text)
    except re.error as error:
        raise NotExpressibleError(f"the regular expression of {field} is invalid: {error}") from None
    return Is(field, text, cased=True, whole=False)


def _compared(field: str, value: SigmaCompareExpression) -> Condition:
    operator = _OPERATORS.get(value.op.name)
    if operator is None:
        raise NotExpressibleError(f"the comparison {value.op.name} of {field} is not supported")
    return Compares(field, operator, float(value.number.number))


def _plain(field: str, value: object) -> Condition:
    """Convert a number or true or false, which JSON writes in one form only."""
    text = str(value).lower()
    return Is(field, re.escape(text), text)


_OPERATORS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_CONVERTERS: tuple[tuple[type, Callable[[str, Any], Condition]], ...] = (
    (SigmaExpansion, lambda field, value: Some(tuple(_leaf(field, one) for one in value.values))),
    (SigmaString, _text),
    (SigmaNull, lambda field, _: Not(Exists(field))),
    (SigmaExists, lambda field, value: Exists(field) if value.exists else Not(Exists(field))),
    (SigmaFieldReference, _same),
    (SigmaCIDRExpression, lambda field, value: Within(field, value.cidr)),
    (SigmaCompareExpression, _compared),
    (SigmaRegularExpression, _regex),
    (SigmaTimestampPart, _unsupported),
    (SigmaNumber, _plain),
    (SigmaBool, _plain),
)
"""How values of Sigma become conditions. The first type that fits counts."""
