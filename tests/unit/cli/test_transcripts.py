"""What the commands print is reviewed: on terminals of three widths, and in a pipe."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.support.transcripts import FOLDER, SIZES, VIEWS, WIDTHS, audit_log, document


@pytest.fixture(scope="module")
def shown() -> dict[tuple[str, int | None], str]:
    with audit_log():
        return {(name, width): view(width) for name, view in VIEWS.items() for width in SIZES}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_as_it_was_reviewed(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    golden = (FOLDER / f"{name}.txt").read_text("utf-8")
    assert document(lambda width: shown[name, width]) == golden, (
        "read the difference, then run python -m tests.support.transcripts"
    )


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_but_commands_is_longer_than_the_terminal(
    name: str, width: int, shown: dict[tuple[str, int | None], str]
) -> None:
    lines = shown[name, width].splitlines()
    assert [one for one in lines if cell_len(one) > width and "ringfence " not in one] == []


@pytest.mark.parametrize("name", VIEWS)
def test_every_character_is_harmless(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    for width in SIZES:
        assert all(char.isprintable() or char in "\n\t" for char in shown[name, width])


@pytest.mark.parametrize("name", VIEWS)
def test_the_last_line_on_a_terminal_is_the_next_command(
    name: str, shown: dict[tuple[str, int | None], str]
) -> None:
    for width in WIDTHS:
        assert shown[name, width].splitlines()[-1].startswith("ringfence ")


@pytest.mark.parametrize("name", ["show", "show-undone", "list"])
def test_a_view_of_the_log_fits_on_a_screen(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    assert shown[name, 80].count("\n") <= 50


@pytest.mark.parametrize("name", ["list", "list-open", "show", "show-undone"])
def test_a_pipe_gets_columns_between_tabs(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    _, *lines = shown[name, None].splitlines()
    assert all("\t" in one and "…" not in one.replace('"…"', "") for one in lines)
