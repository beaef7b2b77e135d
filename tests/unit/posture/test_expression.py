"""What an expression reads, and that nothing unread makes it true."""

from __future__ import annotations

import pytest

from ringfence.posture.evaluate import result
from ringfence.posture.expression import Expression, check
from ringfence.posture.named import reads
from ringfence.posture.rule import Resource, Rule, Status
from ringfence.posture.values import UNREAD

KEY = "AWS::KMS::Key"
UNREAD_PARTS = {"X": UNREAD, "Y": {"X": UNREAD, "Z": 1}, "L": [{"X": UNREAD}], "Good": 1}


def status(text: str, **properties: object) -> Status:
    rule = Rule("r", "r", (KEY,), expression=Expression(text, "is wrong"))
    return result(rule, Resource(KEY, "111122223333", "eu-west-1", "k", "k", properties, {})).status


@pytest.mark.parametrize(
    "text",
    [
        "!has(properties.X)",
        "!has(properties . X)",
        "!has(properties\n  .X)",
        "!has(properties.// a comment\nX)",
        "!('X' in properties.Y)",
        '!("X" in properties["Y"])',
        "!('X' in properties[r'Y'])",
        "!('X' in properties['\\x59'])",
        "!('X' in (properties).Y)",
        "!('X' in (properties.Y))",
        "!('X' in properties)",
        "size(properties.Y) == 1",
        "properties.Y == {'Z': 1}",
        "!properties.Y.exists(k, k == 'X')",
        "!properties.L.exists(one, has(one.X))",
        "!properties.exists(k, k == 'X')",
        "[properties].all(one, !has(one.X))",
        "true ? !has(properties.Y.X) : false",
        "'//' != '' && !has(properties.X)",
        "'\\'' != '' && !has(properties.X)",
        "r'\\' != '' && !has(properties.X)",
        "'''it's''' != '' && !has(properties.X)",
        "1 in[1]&&!has(properties.X)",
    ],
)
def test_nothing_unread_makes_an_expression_true(text: str) -> None:
    assert status(text, **UNREAD_PARTS) is Status.NOT_ASSESSED


@pytest.mark.parametrize(
    "text",
    [
        "properties.Good == 1",
        "properties['Good'] == 1",
        "properties.Y.Z == 1",
        "'properties.X' != ''  // properties.X",
        "'a' + '''properties.X''' != b'''properties.X''' || true",
        "resource.tags.all(k, resource.tags[k] != 'properties.X')",
    ],
)
def test_what_an_expression_does_not_read_may_be_unread(text: str) -> None:
    assert check(text) == ""
    assert status(text, **UNREAD_PARTS) is Status.PASSED


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("properties.A.B.exists(b, b.C)", {("A", "B")}),
        ("properties.A[0].B", {("A",)}),
        ("properties['A'].B.C['D'].E", {("A", "B", "C")}),
        ("properties['A']['B']", {("A",)}),
        ("properties.size.contains('a')", {("size",)}),
        ("resource.properties.A || x['a'].properties.B || f().properties.C", set()),
        ("1 in .properties.A", {("A",)}),
        ("properties['A' + 'B']", {()}),
        ("myproperties.A", set()),
    ],
)
def test_the_properties_that_are_read_come_from_the_tokens(text: str, paths: set[tuple[str, ...]]) -> None:
    assert set(reads(text).paths) == paths


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("size(properties) > 0", " after size("),
        ("true &&\n'A' in properties", " after 'A' in"),
        ("properties[resource.name] == 1", " at its beginning"),
        ("properties.all(k, true)", " at its beginning"),
    ],
)
def test_an_expression_that_does_not_say_which_property_it_reads_is_refused(text: str, where: str) -> None:
    words = "must name the property that it reads, such as properties.Name, and has only properties"
    assert check(text) == words + where
