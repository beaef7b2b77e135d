"""A sight as JSON data, for states that are stored and for files. Pure."""

from __future__ import annotations

from typing import cast

from ringfence.insights.activity.detection import Called, Sight
from ringfence.model.principals import Caller


def row_of(sight: Sight) -> list[object]:
    """Return a sight as JSON data."""
    call, who = sight.call, sight.call.caller
    caller = [who.type, who.key, who.principal, who.name, who.issuer]
    return [call.at, caller, *call[2:], list(sight.key), sight.value, list(sight.targets)]


def sight_in(row: list[object]) -> Sight:
    """Return the sight in what `row_of` returned."""
    at, caller, *others = row[:-3]
    key, value, targets = row[-3:]
    principal, address, name, event, account, own_account, region = map(str, others)
    call = Called(
        number(at), Caller(*texts(caller)), principal, address, name, event, account, own_account, region
    )
    return Sight(call, texts(key), str(value), texts(targets))


def texts(given: object) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(map(str, cast("list[object]", given)))


def number(given: object) -> float:
    """Return a number."""
    return float(str(given))
