"""Compile one rule of a policy file: fill in every default, and turn names into numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ringfence.policy.levels import LEVELS
from ringfence.policy.lookup import items_of, mapping_of
from ringfence.policy.rules import HIGHEST
from ringfence.policy.schema import HOME
from ringfence.policy.windows import DAY, DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping


def compiled_rule(rule: Mapping[str, object], home: str) -> dict[str, object]:
    """Return the compiled form of a valid rule. `home` is the home account."""
    lowest, highest = severities(rule.get("severity", 0))
    return {
        "name": rule.get("name", ""),
        "reason": rule.get("reason", ""),
        "runbook": rule.get("runbook", "*"),
        "remediations": items_of(rule.get("remediations")),
        "finding": rule.get("finding", "*"),
        "severity": lowest,
        "severity_to": highest,
        "accounts": accounts(rule, home),
        "regions": items_of(rule.get("regions")),
        "units": items_of(rule.get("organizational-units")),
        "account_tags": dict(mapping_of(rule.get("account-tags"))),
        "sources": items_of(rule.get("sources")),
        "affects": rule.get("affects", ""),
        "during": [_window(mapping_of(one)) for one in items_of(rule.get("during"))],
        "auto_scaling_groups": items_of(rule.get("auto-scaling-groups")),
        "vpcs": items_of(rule.get("vpcs")),
        "tags": dict(mapping_of(rule.get("tags"))),
        "mode": rule["mode"],
    }


def severities(severity: object) -> tuple[float, float]:
    """Return the lowest and the highest severity of a rule. A single value is the lowest.

    A level as the highest severity includes all of that level.

    Examples
    --------
    >>> severities("high"), severities({"from": 2, "to": 6.5})
    ((7.0, 10.0), (2.0, 6.5))
    >>> severities({"to": "medium"})[1] < 7
    True
    """
    if not isinstance(severity, dict):
        return _lowest(severity), HIGHEST
    return _lowest(severity.get("from", 0)), _highest(severity.get("to", HIGHEST))


def _lowest(value: object) -> float:
    if isinstance(value, str):
        return LEVELS[value]
    return float(value) if isinstance(value, int | float) else 0.0


def _highest(value: object) -> float:
    if not isinstance(value, str):
        return _lowest(value)
    above = [lowest for lowest in LEVELS.values() if lowest > LEVELS[value]]
    return math.nextafter(min(above), 0) if above else HIGHEST


def _window(window: Mapping[str, object]) -> dict[str, object]:
    days = [day for one in items_of(window.get("weekdays")) for day in _days(str(one))]
    return {
        "zone": window["zone"],
        "weekdays": [day for day in DAYS if day in days] if days else list(DAYS),
        "hours": [_hours(str(one)) for one in items_of(window.get("hours"))],
        "holidays": items_of(window.get("holidays")),
    }


def _days(text: str) -> tuple[str, ...]:
    """Return the days of `mon` or of `fri-mon`."""
    first, _, last = text.partition("-")
    start = DAYS.index(first)
    length = (DAYS.index(last or first) - start) % len(DAYS)
    return tuple(DAYS[(start + offset) % len(DAYS)] for offset in range(length + 1))


def _hours(text: str) -> dict[str, int]:
    start, end = (int(one[:2]) * 60 + int(one[3:]) for one in text.split("-"))
    return {"from": start, "to": min(end, DAY)}


def accounts(scope: Mapping[str, object], home: str) -> list[object]:
    """Return the accounts of a scope or a rule. `home` is the home account."""
    return list(dict.fromkeys(home if one == HOME else one for one in items_of(scope.get("accounts"))))
