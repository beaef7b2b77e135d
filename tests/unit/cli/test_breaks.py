"""Lines on a terminal: a long word is broken where a name in it ends, and nothing is lost."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ringfence.cli.breaks import Broken, breaks
from ringfence.cli.layout import hanging

INCIDENT = "inc-20261201T133025.443000-fd957a36a8"


def lines(text: str, width: int) -> list[str]:
    places = [0, *breaks(text, width), len(text)]
    return [text[begin:end] for begin, end in pairwise(places)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("a few words", 80, ["a few words"]),
        ("a few words", 6, ["a few ", "words"]),
        (f"with ringfence:incident={INCIDENT} on", 40, ["with ", "ringfence:incident=", f"{INCIDENT} on"]),
        (
            "contain-instance#instance/111122223333/us-east-1/i-1224cd94731e85e90",
            50,
            ["contain-instance#instance/111122223333/us-east-1/", "i-1224cd94731e85e90"],
        ),
        (
            "Encryption.ServerSideEncryption.Algorithm",
            20,
            ["Encryption.", "ServerSideEncryption", ".Algorithm"],
        ),
        ("0123456789abcdef", 6, ["012345", "6789ab", "cdef"]),
        ("", 6, [""]),
    ],
)
def test_a_line_ends_where_a_name_ends(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width) == expected


@given(st.text("ab=/.:# \u65e5\u672c-", max_size=60), st.integers(0, 20))
def test_nothing_is_lost_and_every_line_fits(text: str, width: int) -> None:
    found = lines(text, width)
    assert "".join(found) == text
    for one in found:
        assert cell_len(one.rstrip()) <= width or len(one.rstrip()) <= 1


def test_a_hanging_text_keeps_its_style_and_its_indent() -> None:
    out = io.StringIO()
    on = Console(file=out, width=26, color_system="standard", force_terminal=True)
    on.print(hanging("  - ", Text(f"tag={INCIDENT[:20]}", "bold")))
    first, second = out.getvalue().splitlines()
    assert "  - " in first
    assert "\x1b[1m" in first
    assert second.startswith("    ")


def test_the_lines_of_a_text_stay_lines() -> None:
    out = io.StringIO()
    Console(file=out, width=20, color_system=None).print(Broken(Text("one\n\ntwo")))
    assert [one.rstrip() for one in out.getvalue().splitlines()] == ["one", "", "two"]
