"""No cell of CSV is a formula, whichever separator a spreadsheet uses."""

from __future__ import annotations

import csv
import io
import re

import pytest

from ringfence.cli.csv_cells import cell

FORMULA = re.compile(r"[\s\x00-\x1f\"\ufeff]*[=+\-@\uff0b\uff0d\uff1d\uff20]")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(1)", "\uff1d1+1", " =1+1", "\t=1", "\r=1", "\n=1", "\x00=1", "\ufeff=1"),
        *("a;=1+1", "a; =1", "a;\n\n=1", "a\n=1", "a\r\n=1", "a\t=1", 'a;"=1"', 'a";=1', "a;;@b", "a,b;=1,c"),
    ],
)
def test_no_separator_makes_a_formula_of_a_cell(text: str, separator: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerow(["first", cell(text), "last"])
    rows = csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=separator)
    assert [one for row in rows for one in row if FORMULA.match(one)] == []


@pytest.mark.parametrize("text", ["\ta", "\ra", "\na"])
def test_a_cell_that_begins_with_a_tab_or_the_end_of_a_line_is_escaped(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a", "1-2", "a=b", "a@example.com", "a, -b", "a; b", "two\nlines"])
def test_any_other_cell_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(
    "text", ["\x1b]0;owned\x07", "\x9b31m", "a\x00b", "\x7f", "abc\u202etxt.exe", "\u2066x"]
)
def test_no_cell_commands_a_terminal_or_turns_its_text_around(text: str) -> None:
    written = cell(text)
    assert written.isprintable()
    assert written.encode().decode("unicode_escape") == text


def test_a_formula_behind_a_control_character_is_none() -> None:
    assert cell("\x1b=1") == "\\x1b=1"
