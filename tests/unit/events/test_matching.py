"""Which events a pattern matches: the same ones as EventBridge, as far as the local AWS knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ministack.services import eventbridge

from ringfence.events.matching import matches
from ringfence.events.rules import patterns_in
from ringfence.events.taken_in import contains_findings
from ringfence.events.taken_in import patterns as taken_in
from ringfence.local.samples.catalogue import samples_of
from ringfence.model.errors import InternalError
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
ACCOUNT = "111122223333"
API = "a1b2c3d4e5"
PATTERNS = [pattern for runbook in CATALOGUE.values() for pattern in patterns_in(runbook, {}, ACCOUNT, API)]


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x"]}, {"a": ["y", "x"]}, True),
        ({"a": ["x"]}, {}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": {}}, True),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": ["x", {"exists": False}]}, {"a": "y"}, False),
        ({"a": {"b": [{"exists": False}]}}, {"a": "text"}, True),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": ["x"]}]}, {}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"anything-but": {"suffix": "y"}}]}, {"a": "xz"}, True),
        ({"a": [{"prefix": "x"}]}, {"a": "xy"}, True),
        ({"a": [{"prefix": "x"}]}, {"a": 5}, False),
        ({"a": [{"prefix": {"equals-ignore-case": "X"}}]}, {"a": "xy"}, True),
        ({"a": [{"wildcard": "*:x-*"}]}, {"a": "1:x-2"}, True),
        ({"a": [{"wildcard": "*:x-*"}]}, {"a": "1:y"}, False),
        ({"a": [False]}, {"a": False}, True),
        ({"a": [False]}, {"a": 0}, False),
        ({"$or": [{"a": ["x"]}, {"b": ["x"]}]}, {"b": "x"}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["x"]}], "c": ["x"]}, {"b": "x"}, False),
    ],
)
def test_it_matches_as_the_local_event_bus_does(pattern: Json, event: Json, expected: bool) -> None:  # noqa: FBT001 - a parameter
    assert matches({"detail": pattern}, {"detail": event}) is expected
    assert of_the_bus({"detail": pattern}, {"detail": event}) is expected


def of_the_bus(pattern: Mapping[str, object], event: Json) -> bool:
    whole = {"source": "s", "detail-type": "t", "account": ACCOUNT, "region": "eu-west-1", **event}
    sent = {
        "Source": whole["source"],
        "DetailType": whole["detail-type"],
        "Account": whole["account"],
        "Region": whole["region"],
        "Detail": json.dumps(whole.get("detail")),
        "Resources": whole.get("resources", []),
        "Time": whole.get("time", 0),
        "EventId": whole.get("id", ""),
    }
    return bool(eventbridge._matches_pattern(json.dumps(pattern), sent))


def test_every_sample_matches_the_same_patterns_of_the_catalogue_as_on_the_bus() -> None:
    for sample in samples_of(CATALOGUE.values()):
        for pattern in PATTERNS:
            assert matches(pattern, sample.event) is of_the_bus(pattern, sample.event), sample.name


def test_every_sample_is_delivered_by_a_rule_of_its_runbook_or_by_the_intake() -> None:
    for sample in samples_of(CATALOGUE.values()):
        own = patterns_in(CATALOGUE[sample.runbook], {}, str(sample.event["account"]), API)
        rules = (own, tuple(taken_in()))
        by = [any(matches(pattern, sample.event) for pattern in some) for some in rules]
        assert by == ([False, True] if contains_findings(sample.event) else [True, False]), sample.name


def test_an_operator_that_is_not_known_is_a_bug() -> None:
    with pytest.raises(InternalError, match="numeric"):
        matches({"a": [{"numeric": [">", 1]}]}, {"a": "1"})
    with pytest.raises(InternalError, match="neither"):
        matches({"a": "x"}, {"a": "x"})
