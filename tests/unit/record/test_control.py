"""Which items of the control table belong to the transparency log, and how they may change."""

from __future__ import annotations

import pytest

from ringfence.record import control
from ringfence.record.control import ControlChange
from tests.support.fakes.chains import NOON


@pytest.mark.parametrize(
    "key",
    [
        "log#head",
        "log#published",
        "log#import",
        "log#leaves#000000000000007",
        "log#chain#contain-instance#instance/111122223333/eu-west-1/i-1",
    ],
)
def test_what_waits_for_the_transparency_log_is_known(key: str) -> None:
    assert control.kind_of(key) == control.LOG
    assert control.wrong_log(ControlChange("INSERT", key, NOON), None, 3) == ""


@pytest.mark.parametrize("key", ["log#leaves#7", "log#chain#x", "log#leaves#000000000000007x"])
def test_what_only_looks_like_it_is_not(key: str) -> None:
    assert control.kind_of(key) != control.LOG


def test_leaves_are_emptied_but_never_changed_or_deleted() -> None:
    leaves = "log#leaves#000000000000007"
    for key in (leaves, "log#head"):
        assert control.removal(ControlChange("REMOVE", key, NOON)) == "an item was deleted"
    change = ControlChange("MODIFY", leaves, NOON)
    assert control.wrong_log(change, None, None, control.EMPTIED) == ""
    assert "were changed" in control.wrong_log(change, None, None, '["another"]')


def test_a_count_of_the_log_is_never_lowered() -> None:
    change = ControlChange("MODIFY", "log#head", NOON)
    assert control.wrong_log(change, 3, 4) == ""
    assert "was lowered" in control.wrong_log(change, 3, 2)
    assert "not readable" in control.wrong_log(change, 3, None)


@pytest.mark.parametrize("group", ["web", "web!(1)*'~", "a/b#c|d"])
def test_a_limit_of_every_group_that_auto_scaling_allows_is_an_own_item(group: str) -> None:
    for kind in ("limit", "breaker"):
        key = f"{kind}/auto-scaling-group/111122223333/eu-west-1/{group}/hour/0"
        assert control.kind_of(key) == control.LIMIT


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("notices#waiting/0", True),
        ("notices#waiting/7", True),
        ("notices#waiting/8", False),
        ("notices#x", False),
    ],
)
def test_the_items_of_waiting_notices_are_known(key: str, known: object) -> None:
    assert (control.kind_of(key) == control.HELD) is known
