"""What a condition requires of the value of a property."""

from __future__ import annotations

import pytest

from ringfence.posture.conditions import Compares, Condition, Constant, Contains, Is, Not, OneOf
from ringfence.posture.values import UNREAD, same, shown

ALGORITHM = Contains((("SSEAlgorithm", OneOf((Is("AES256"), Is("aws:kms")))),))
NOT_EMPTY = Not(Compares(""))
DIFFERENT = "P cannot pass, because the rule compares two different values"
TWICE = Contains((("Status", Is("Enabled")), ("Days", Is(30))))


def problems(condition: Condition, actual: object) -> list[str]:
    return [one.text for one in condition.violations(actual, ("P",))]


@pytest.mark.parametrize(
    ("condition", "actual"),
    [
        (Is(value=True), True),
        (Is(value=True), "true"),
        (Is(7), "7"),
        (Is("audit"), ["api", "audit"]),
        (ALGORITHM, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}),
        (ALGORITHM, [{"SSEAlgorithm": "none"}, {"SSEAlgorithm": "AES256"}]),
        (NOT_EMPTY, "logs"),
        (Not(NOT_EMPTY), ""),
        (Constant(holds=True), None),
        (OneOf((Contains((("A", Is(1)),)), Contains((("B", Is(2)),)))), {"B": 2}),
    ],
)
def test_a_value_meets_a_condition(condition: Condition, actual: object) -> None:
    assert problems(condition, actual) == []


@pytest.mark.parametrize(
    ("condition", "actual", "told"),
    [
        (Is(value=True), None, "P must be true, but is not set"),
        (Is(value=True), 1, "P must be true, but is 1"),
        (Is("a"), "b", "P must be 'a', but is 'b'"),
        (Is(7), "seven", "P must be 7, but is 'seven'"),
        (NOT_EMPTY, "", "P must not be '', but is ''"),
        (NOT_EMPTY, None, "P must be set, and not to '', but is not set"),
        (OneOf((Is("a"), Is("b"))), "c", "P must be one of 'a', 'b', but is 'c'"),
        (OneOf((Is("a"),)), "c", "P must be 'a', but is 'c'"),
        (ALGORITHM, {}, "P.SSEAlgorithm must be one of 'AES256', 'aws:kms', but is not set"),
        (ALGORITHM, [], "P.SSEAlgorithm must be one of 'AES256', 'aws:kms', but is not set"),
        (ALGORITHM, "text", "P.SSEAlgorithm must be one of 'AES256', 'aws:kms', but is not set"),
        (
            Constant(holds=False),
            1,
            "P cannot pass, because the rule compares two different values",
        ),
    ],
)
def test_a_value_that_does_not_is_told_with_what_is_required(
    condition: Condition, actual: object, told: str
) -> None:
    assert problems(condition, actual) == [told]


def test_of_a_list_the_element_that_is_nearest_is_told() -> None:
    actual = [{"Status": "Disabled", "Days": 1}, {"Status": "Enabled", "Days": 60}]
    assert problems(TWICE, actual) == ["P.Days must be 30, but is 60"]


def test_two_elements_do_not_meet_a_condition_together() -> None:
    assert problems(TWICE, [{"Status": "Enabled"}, {"Days": 30}])


def test_what_nobody_read_is_neither_right_nor_wrong() -> None:
    found = tuple(TWICE.violations({"Status": UNREAD, "Days": 1}, ()))
    assert [(one.text, one.unread) for one in found] == [
        ("Status was not read", True),
        ("Days must be 30, but is 1", False),
    ]


OPEN = Contains((("Open", Is(value=False)),))
TWO = {"Open": UNREAD, "Name": "x"}


@pytest.mark.parametrize(
    ("condition", "actual"),
    [
        (Not(OPEN), {"Open": UNREAD}),
        (Not(OneOf((OPEN,))), {"Open": UNREAD}),
        (Not(OneOf((OPEN, Is("a")))), {"Open": UNREAD}),
        (Not(Not(OPEN)), {"Open": UNREAD}),
        (Not(OPEN), [{"Open": True}, {"Open": UNREAD}]),
        (Not(OPEN), [{"Open": True}, UNREAD]),
        (Not(OPEN), UNREAD),
        (Not(Is("a")), {"Open": UNREAD}),
        (Not(Compares("")), {"Open": {"Below": UNREAD}}),
        (Not(Is("a")), UNREAD),
        (Not(Is("a")), ["b", UNREAD]),
        (Not(Not(Is("a"))), {"Open": UNREAD}),
        (Not(Contains((("Open", Is(value=False)), ("Name", Is("x"))))), TWO),
        (OneOf((Contains((("Open", Is(1)),)), Contains((("Name", Is("y")),)))), TWO),
        (OPEN, [{"Open": True}, {"Open": UNREAD}]),
        (Is("a"), ["b", UNREAD]),
    ],
)
def test_what_depends_on_something_unread_is_neither_right_nor_wrong(
    condition: Condition, actual: object
) -> None:
    found = [one.unread for one in condition.violations(actual, ("P",))]
    assert found
    assert all(found)


@pytest.mark.parametrize(
    ("condition", "actual"),
    [
        (OneOf((Contains((("Open", Is(1)),)), Contains((("Name", Is("x")),)))), TWO),
        (Not(Contains((("Open", Is(value=False)), ("Name", Is("y"))))), TWO),
        (Not(Is("a")), TWO),
        (OPEN, [{"Open": False}, {"Open": UNREAD}]),
        (Is("a"), ["a", UNREAD]),
    ],
)
def test_what_was_read_can_decide_whatever_else_was_not(condition: Condition, actual: object) -> None:
    assert problems(condition, actual) == []


@pytest.mark.parametrize(
    ("wanted", "actual", "is_same"),
    [
        (True, "TRUE", True),
        (False, "false", True),
        (True, "yes", False),
        ("true", True, True),
        (1, True, False),
        (30, 30.0, True),
        (30, "30x", False),
        ("30", 30, False),
        ("", None, False),
    ],
)
def test_texts_of_booleans_and_numbers_are_what_they_say(
    wanted: str | int,
    actual: object,
    *,
    is_same: bool,
) -> None:
    assert same(wanted, actual) is is_same


def test_a_value_of_any_length_is_told_in_one_line() -> None:
    assert shown("a\n" + "x" * 500) == "'a\\n" + "x" * 116 + "…"
