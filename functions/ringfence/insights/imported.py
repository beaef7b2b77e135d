"""Rules that were imported from Sigma, as plain values that can be stored. Pure, and without pySigma."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, cast

from ringfence.insights.activity.rule import Calls, Once, Outcome, Rule
from ringfence.insights.expression import (
    All,
    Compares,
    Exists,
    Is,
    Not,
    SameAs,
    Some,
    Within,
    holds,
    literals,
)
from ringfence.model.frozen import field_names, frozen
from ringfence.policy.mappings import REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ringfence.insights.expression import Condition

FILE = "activity_sigma.json"
"""The file with imported rules in the code of the function for activity."""
_SOURCE = ".amazonaws.com"
_SEVERAL = {one.__name__: one for one in (All, Some)}
_LEAVES = {one.__name__: one for one in (Is, Exists, SameAs, Within, Compares)}
_TEXTS = ("id", "title", "technique", "severity", "answer")


@frozen
class Imported:
    """An imported rule: one about a single call that fulfills a condition. A person decides what follows."""

    id: str
    title: str
    technique: str
    severity: str
    answer: str
    condition: Condition

    @property
    def rule(self) -> Rule:
        """The rule for activity. If the conditions name calls or a service, only these are looked at."""
        services = literals(self.condition, "eventSource")
        service = next(iter(services)).removesuffix(_SOURCE) if len(services) == 1 else ""
        names = tuple(sorted(literals(self.condition, "eventName")))
        calls = Calls(service, names, {}, Outcome.ANY, partial(holds, self.condition))
        told = (self.id, self.title, self.technique, self.severity)
        return Rule(*told, Once(calls), REPORTS, self.answer, (), ())

    @property
    def not_deployable(self) -> str:
        """Why it cannot be evaluated on each call of a deployment. Empty if it can."""
        if not literals(self.condition, "eventName"):
            return "it names no calls, so each call of each account would be delivered"
        if _searches(self.condition):
            return (
                "it contains a regular expression, and a caller could choose a text that takes hours to "
                "search"
            )
        return ""


def to_json(rules: Iterable[Imported]) -> str:
    """Return rules as text."""
    rows = [
        {**{name: getattr(one, name) for name in _TEXTS}, "condition": _plain(one.condition)} for one in rules
    ]
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


def from_json(text: str) -> tuple[Imported, ...]:
    """Return the rules in a text of `to_json`."""
    return tuple(
        Imported(
            str(row["id"]),
            str(row["title"]),
            str(row["technique"]),
            str(row["severity"]),
            str(row["answer"]),
            _condition(row["condition"]),
        )
        for row in json.loads(text)
    )


def _searches(condition: Condition) -> bool:
    if isinstance(condition, All | Some):
        return any(map(_searches, condition.of))
    if isinstance(condition, Not):
        return _searches(condition.of)
    return isinstance(condition, Is) and not condition.whole


def _plain(condition: Condition) -> dict[str, object]:
    kind = type(condition)
    if isinstance(condition, All | Some):
        return {kind.__name__: [_plain(one) for one in condition.of]}
    if isinstance(condition, Not):
        return {kind.__name__: _plain(condition.of)}
    return {kind.__name__: {name: getattr(condition, name) for name in field_names(kind)}}


def _condition(given: Mapping[str, object]) -> Condition:
    ((name, inner),) = given.items()
    if name in _SEVERAL:
        return _SEVERAL[name](tuple(map(_condition, cast("list[Mapping[str, object]]", inner))))
    if name == Not.__name__:
        return Not(_condition(cast("Mapping[str, object]", inner)))
    make = cast("Callable[..., Condition]", _LEAVES[name])
    return make(**cast("Mapping[str, object]", inner))
