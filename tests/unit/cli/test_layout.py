"""A change fits on one line, and both its values are seen at any width."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from ringfence.cli.layout import changed
from ringfence.record.changes import Change

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = "i-0123456789abcdef0"
LONG = "sg-b1cf3e849908a18be, sg-dced729dfac88b53e"


def shown(one: Change, width: int, *, cut: bool = True) -> list[str]:
    console = Console(width=width, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(changed(one, width, cut=cut, about=(ID, "instance")))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("open the door", "shut", "open"),
        ("move eni-f3548675b7c4e9d74 to the quarantine group of vpc-69addd863a4a5d38a", LONG, LONG),
        ("keep vol-a04da4f6212ba2206 when the instance is terminated, for as long as it takes", "no", "yes"),
        ("w", LONG * 5, "none"),
        ("w", "none", LONG * 5),
        ("\u6f22" * 60, "\u6f22" * 60, "\u6f22" * 60),
    ],
)
def test_a_change_is_one_line_with_both_values(width: int, words: str, before: str, after: str) -> None:
    (line,) = shown(Change(words, before, after, NOON, "applied"), width)
    assert cell_len(line) <= width
    assert line.startswith("  \u2713 ")
    values = line.rpartition(": ")[2]
    first, _, last = values.partition(" \u2192 ")
    assert first.rstrip("\u2026") in before
    assert last.rstrip("\u2026") in after
    assert first
    assert last


def test_the_subject_is_named_in_short() -> None:
    (line,) = shown(Change(f"stop {ID}", "running", "stopped", NOON, "applied"), 80)
    assert line == "  \u2713 stop the instance: running \u2192 stopped"


def test_what_failed_says_why() -> None:
    (line,) = shown(Change("stop it", "", "", NOON, "refused", "the quota is used up"), 80)
    assert line == "  \u2717 refused: stop it: the quota is used up"
    whole = shown(Change("stop it", "running", "stopped", NOON, "failed", "no answer"), 80, cut=False)
    assert whole == ["  \u2717 failed: stop it: running \u2192 stopped", "    no answer"]


def test_what_has_no_outcome_is_not_called_done() -> None:
    assert shown(Change("stop it", "", "", NOON), 80) == ["  ? stop it"]
