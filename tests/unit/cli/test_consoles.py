"""The animation while a command waits."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.text import Text

from ringfence.cli.consoles import busy

ERASE = "\r\x1b[2K"


def terminal() -> tuple[Console, StringIO]:
    written = StringIO()
    return Console(file=written, force_terminal=True, width=60, markup=False, highlight=False), written


def test_the_animation_is_drawn_before_anything_can_be_printed_beside_it() -> None:
    """Two threads that draw it for the first time would both leave it in front of the first line."""
    console, written = terminal()
    with busy(console, Text("releasing")):
        assert "releasing" in written.getvalue()
        before = len(written.getvalue())
        console.print("12:05:00 applied")
        assert written.getvalue()[before:].startswith(f"{ERASE}12:05:00 applied")


def test_nothing_of_it_stays_and_its_words_can_change() -> None:
    console, written = terminal()
    with busy(console, Text("first")) as update:
        update(Text("second [red]"))
        console.print("a line")
    assert "second [red]" in written.getvalue()
    assert written.getvalue().endswith("\x1b[1A\x1b[2K")


def test_without_a_terminal_there_is_no_animation() -> None:
    written = StringIO()
    with busy(Console(file=written, force_terminal=False), Text("releasing")):
        pass
    assert not written.getvalue()
