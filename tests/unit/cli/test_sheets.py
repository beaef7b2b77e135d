"""Tables on narrow terminals: names and addresses are whole, so that they can be copied."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from ringfence.cli.sheets import Sheet

LONG = "critical/runbook/contain-credentials/hour"
LIMITS = Sheet(("limit", "used", "free"), [("overall/hour", "1 of 20", "19"), (LONG, "0 of 30", "30")])
ADDRESS = "2001:db8:1234:5678:9abc:def0:1234:5678"
FLOWS = Sheet(("from", "to", "bytes"), [("10.0.3.8", ADDRESS, "10620")], folded=frozenset())


def drawn(sheet: Sheet, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(sheet.drawn())
    return [one.rstrip() for one in out.getvalue().splitlines()]


def test_a_table_that_fits_has_columns() -> None:
    assert drawn(LIMITS, 80) == [
        f"{'limit':41}  used     free",
        f"{'overall/hour':41}  1 of 20  19",
        f"{LONG}  0 of 30  30",
    ]


def test_a_name_that_is_too_long_is_whole_and_alone_on_its_line() -> None:
    assert drawn(LIMITS, 50) == [
        f"{'limit':35}  used     free",
        f"{'overall/hour':35}  1 of 20  19",
        LONG,
        f"{'':35}  0 of 30  30",
    ]


def test_words_are_wrapped_and_not_broken() -> None:
    sheet = Sheet(("title", "score"), [("the score of a scheduled scan", "17.4")])
    assert drawn(sheet, 25) == [f"{'title':18}  score", f"{'the score of a':18}  17.4", "scheduled scan"]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_an_address_is_whole_at_each_width_that_it_fits_in(width: int) -> None:
    lines = drawn(FLOWS, max(width, len(ADDRESS) + 8))
    assert any(ADDRESS in one for one in lines)
    assert max(map(len, lines)) <= max(width, len(ADDRESS) + 8)


def test_rows_that_do_not_fit_are_titles_and_values() -> None:
    assert drawn(FLOWS, 46) == ["from 10.0.3.8", f"  to {ADDRESS}", "  bytes 10620"]


def test_numbers_are_at_the_right_and_styles_stay() -> None:
    sheet = Sheet(("limit", "free"), [(Text("a", "bold red"), "1"), ("b", "100")], right=frozenset({1}))
    assert drawn(sheet, 40) == ["limit  free", "a         1", "b       100"]
    out = io.StringIO()
    Console(file=out, width=40, color_system="standard", force_terminal=True).print(sheet.drawn())
    assert "\x1b[1;31ma" in out.getvalue()
