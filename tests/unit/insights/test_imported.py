"""Imported rules are plain values that a function reads without pySigma, and evaluates in bounded time."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from ringfence.insights.activity.delivered import event_patterns
from ringfence.insights.activity.evaluate import found_in
from ringfence.insights.activity.stories import ABROAD, call
from ringfence.insights.expression import Is
from ringfence.insights.imported import Imported, from_json, to_json
from ringfence.insights.sigma import imported
from tests.unit.insights.test_sigma import sigma

if TYPE_CHECKING:
    from ringfence.insights.activity.selecting import Record


def one(detection: str) -> Imported:
    (found,) = imported(sigma(detection), "rule.yml")
    assert isinstance(found, Imported)
    return found


MANY = one("""
s:
    eventSource: iam.amazonaws.com
    eventName|cased: CreateUser
    requestParameters.size|gte: 3
t:
    sourceIPAddress|cidr: 203.0.113.0/24
    responseElements|exists: false
filter:
    userIdentity.userName|fieldref: requestParameters.userName
other:
    userAgent: '*aws-cli*'
condition: s and (t or other) and not filter
""")


def texts(pattern: str) -> Is:
    found = one(f"s:\n    userAgent: '{pattern}'\ncondition: s").condition
    assert isinstance(found, Is)
    return found


def test_a_rule_that_was_stored_is_the_same_rule() -> None:
    assert from_json(to_json([MANY])) == (MANY,)
    record = call("iam:CreateUser", {"size": 3, "userName": "bob"}, address=ABROAD)
    assert found_in(from_json(to_json([MANY]))[0].rule, [record])


def test_eventbridge_delivers_only_the_calls_that_it_names() -> None:
    (pattern,) = event_patterns([MANY.rule])
    detail = pattern["detail"]
    assert detail == {"eventSource": ["iam.amazonaws.com"], "eventName": ["CreateUser"]}
    assert MANY.not_deployable == ""


@pytest.mark.parametrize(
    ("detection", "words"),
    [
        ("s:\n    userAgent: evil\ncondition: s", "names no calls"),
        ("s:\n    eventName|startswith: Create\ncondition: s", "names no calls"),
        ("s:\n    eventName: A\n    userAgent|re: '(a+)+b'\ncondition: s", "regular expression"),
        (
            "s:\n    eventName: A\nt:\n    userAgent|re: 'a'\nu:\n    b: c\ncondition: s and not (t or u)",
            "regular expression",
        ),
    ],
)
def test_what_each_call_or_its_caller_could_slow_down_is_not_deployed(detection: str, words: str) -> None:
    assert words in one(detection).not_deployable


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*a*b*", "xxaxxbxx", True),
        ("*a*b*", "ba", False),
        ("a*b*c", "abbc", True),
        ("a*b*c", "abcd", False),
        ("*ab*ab", "abab", True),
        ("*ab*ab", "ab", False),
        ("a*", "a", True),
        ("a**b", "ab", True),
        ("*a?c*", "abxabc", True),
        ("*", "", True),
    ],
)
def test_pieces_between_wildcards_are_found_in_order(pattern: str, text: str, *, fits: bool) -> None:
    assert bool(re.fullmatch(texts(pattern).regex, text, re.DOTALL)) is fits


def test_no_text_makes_wildcards_search_for_long() -> None:
    """With `.*` for each wildcard, this text would take days."""
    slow: Record = {**call("iam:CreateUser"), "userAgent": "a" * 2048}
    started = time.process_time()
    assert not found_in(one("s:\n    userAgent: '*a*a*a*a*a*a*b'\ncondition: s").rule, [slow])
    assert time.process_time() - started < 1
