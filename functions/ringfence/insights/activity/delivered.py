"""The events of EventBridge that contain the calls which rules are about, and the rules' settings. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from ringfence.events.patterns import covers, within_limit
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.seeing import steps_of
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.insights.activity.rule import Calls, Rule

    Pattern = Mapping[str, object]

ALL, NAMED = "all", "named"
"""The choices of rules that need no list: all, and those about named calls."""
TABLE, TO_API = "RINGFENCE_ACTIVITY_TABLE", "RINGFENCE_FINDINGS_URL"
RULES, NUMBERS = "RINGFENCE_ACTIVITY_RULES", "RINGFENCE_ACTIVITY_NUMBERS"
"""The variables of the function: its table, the API for sent findings, the rules, and their numbers."""
KINDS = (
    "AWS API Call via CloudTrail",
    "AWS Console Action via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Service Event via CloudTrail",
)
"""The types of the events with CloudTrail's records.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""
MOST_CALLS = 500
"""The highest number of calls that a deployed rule can count. An item of DynamoDB has at most 400 KB."""
_CALLS = ("count", "least")
SEPARATORS = str.maketrans(",;", "  ")


def event_patterns(rules: Iterable[Rule]) -> tuple[Pattern, ...]:
    """Return patterns that match each call which the rules are about, and few others.

    Rules with the same further conditions share a pattern, because EventBridge has a limit of rules. The
    function evaluates each record with all conditions.
    """
    shared: dict[str, list[Calls]] = defaultdict(list)
    for rule in rules:
        for _, calls in steps_of(rule):
            others = {k: v for k, v in calls.pattern().items() if k not in ("eventSource", "eventName")}
            scope = calls.service if not calls.names else ""
            shared[json.dumps([others, bool(calls.names), bool(calls.service), scope])].append(calls)
    made = [one for calls in shared.values() for one in _patterns(calls)]
    return tuple(one for one in made if not any(covers(other, one) for other in made if other is not one))


def _patterns(shared: list[Calls]) -> Iterator[Pattern]:
    first = shared[0]
    services = sorted({f"{one.service}.amazonaws.com" for one in shared if one.service})
    others = {k: v for k, v in first.pattern().items() if k not in ("eventSource", "eventName")}

    def pattern(names: list[str]) -> Pattern:
        return {
            "source": [{"prefix": "aws."}],
            "detail-type": list(KINDS),
            "detail": {
                **({"eventSource": services} if services else {}),
                **({"eventName": names} if names else {}),
                **others,
            },
        }

    names = sorted({name for one in shared for name in one.names})
    if names:
        yield from within_limit(names, pattern)
    else:
        yield pattern([])


def is_about_named_calls(rule: Rule) -> bool:
    """Return whether a rule names its calls. The others are about each call of many callers."""
    return all(calls.names for _, calls in steps_of(rule))


def chosen(ids: str, numbers: str) -> tuple[Rule, ...]:
    """Return the rules with these ids, and with other numbers. Both texts are lists.

    `ids` can be `all` or `named`. A number is `RULE.NAME=NUMBER`. Raises BadInput that names the rule or the
    number.
    """
    known = {one.id: one for one in PACK}
    lists = {ALL: tuple(known), NAMED: tuple(one.id for one in PACK if is_about_named_calls(one))}
    wanted = lists.get(ids) or tuple(ids.translate(SEPARATORS).split())
    for id_ in wanted:
        if id_ not in known:
            raise unknown("activity", id_, known)
    rules = {id_: known[id_] for id_ in known if id_ in wanted}
    found = with_numbers(rules.values(), numbers.translate(SEPARATORS).split(), "activity_numbers")
    for one in found:
        for name, number in one.numbers.items():
            if name in _CALLS and number > MOST_CALLS:
                words = f"must be at most {MOST_CALLS}: the state of a group has no space for more calls"
                raise BadInput(f"{one.id}.{name}", words, f"{number:g}")
    return found


def with_numbers(rules: Iterable[Rule], numbers: Iterable[str], setting: str) -> tuple[Rule, ...]:
    """Return rules with other numbers, each `RULE.NAME=NUMBER`. Raises BadInput that names the setting."""
    changed = {one.id: one for one in rules}
    for text in numbers:
        name, _, number = text.partition("=")
        id_, _, field = name.rpartition(".")
        if id_ not in changed:
            raise unknown(setting, id_ or name, changed)
        try:
            changed[id_] = changed[id_].with_number(field, float(number))
        except ValueError:
            raise BadInput(setting, "must be RULE.NAME=NUMBER", text) from None
    return tuple(changed.values())
