"""What the commands print is reviewed: on terminals of three widths, and in a pipe."""

from __future__ import annotations

import re

import click
import pytest
from rich.cells import cell_len

from ringfence.cli.main import main
from ringfence.cli.pager import KEPT
from tests.support.commands import every
from tests.support.transcripts import FOLDER, VIEWS, document
from tests.support.transcripts.log import audit_log
from tests.support.transcripts.printing import SIZES, SMALL, WIDTHS

COMMAND = re.compile(r"\b(ringfence|aws|npx|export) ")
"""A command is not broken, so that it can be copied."""
PADDED = re.compile(r"\S {2,}\S| +$", re.MULTILINE)
HANG = 16
"""The deepest indent, beside which a name can be too long for a line."""
LABELS = {"explain", "policy-show", "policy-diff"}
"""The views of one event in a pipe are for people: a label, then its text. Programs use `--json`."""
DOCUMENTS = {"policy-organization", "policy-schema"}
"""The views of what is written into a file, whose lines are not wrapped."""
NO_NEXT = {
    "approvals-none": "nothing waits",
    "limits-all": "no breaker is open",
    "controls": "it is a reference",
    "controls-framework": "it is a reference",
    "demo": "the local AWS is gone then",
    "doctor": "each problem has its command",
    "export": "it is for other systems",
    "explain": "it changes nothing, and nothing follows",
    "explain-many": "it ends with the option that shows each event",
    "iam-generate": "it is read in a review",
    "incidents-report": "it is read in a browser",
    "insights-activity": "each rule says what to do",
    "insights-network": "each query says what to do",
    "local": "it runs on",
    "findings-check-wrong": "each error has its field",
    "policy-check": "each error has its line",
    "policy-diff": "it is read in a review",
    "policy-organization": "it is a section of a policy file",
    "policy-schema": "editors read it",
    "policy-show": "it changes nothing, and nothing follows",
    "policy-show-resource": "it changes nothing, and nothing follows",
    "replay": "it is read in a review",
    "report": "it is read in a browser",
    "rules-check": "each error has its line",
    "rules-list": "it is a reference",
    "rules-test": "each wrong example has its line",
    "uninstall-plan": "each part has its commands",
}
"""The views that do not end with the next command, and why."""


@pytest.fixture(scope="module")
def shown() -> dict[tuple[str, int | None], str]:
    with audit_log():
        return {(name, width): view(width) for name, view in VIEWS.items() for width in SIZES}


def names_of_commands() -> set[str]:
    groups = {words for words, one in every(main) if isinstance(one, click.Group)}
    alone = {
        words for words, one in every(main) if isinstance(one, click.Group) and one.invoke_without_command
    }
    return {" ".join(words) for words, _ in every(main) if words not in groups - alone}


def test_every_command_has_a_transcript(
    shown: dict[tuple[str, int | None], str],
) -> None:
    typed = {text.splitlines()[0].removeprefix("$ ringfence ") for text in shown.values()}
    missing = {
        name
        for name in names_of_commands()
        if not any(f"{one} ".startswith(f"{name} ") and not _is_longer(one, name) for one in typed)
    }
    assert missing == set()


def _is_longer(typed: str, name: str) -> bool:
    """Return whether what was typed is a subcommand of the name."""
    return any(f"{typed} ".startswith(f"{other} ") for other in names_of_commands() if len(other) > len(name))


def test_every_transcript_is_of_a_view() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(VIEWS)
    assert VIEWS.keys() >= NO_NEXT.keys()


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_as_it_was_reviewed(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    golden = (FOLDER / f"{name}.txt").read_text("utf-8")
    assert document(lambda width: shown[name, width]) == golden, (
        "read the difference, then run python -m tests.support.transcripts"
    )


@pytest.mark.parametrize("name", sorted(VIEWS.keys() - DOCUMENTS))
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_but_commands_and_long_names_is_longer_than_the_terminal(
    name: str, width: int, shown: dict[tuple[str, int | None], str]
) -> None:
    lines = shown[name, width].splitlines()
    long = [one for one in lines if cell_len(one) > width and not COMMAND.search(one)]
    assert [one for one in long if max(map(cell_len, one.split())) + HANG < width] == []


@pytest.mark.parametrize("name", VIEWS)
def test_every_character_is_harmless(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    for width in SIZES:
        assert all(char.isprintable() or char in "\n\t" for char in shown[name, width])


@pytest.mark.parametrize("name", VIEWS)
def test_the_last_line_on_a_terminal_is_the_next_command(
    name: str, shown: dict[tuple[str, int | None], str]
) -> None:
    for width in WIDTHS:
        last = shown[name, width].splitlines()[-1].strip()
        assert last.startswith("ringfence ") == (name not in NO_NEXT)


@pytest.mark.parametrize("name", ["show", "show-undone", "list"])
def test_a_view_of_the_log_fits_on_a_screen(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    assert shown[name, 80].count("\n") <= 50


@pytest.mark.parametrize("width", WIDTHS)
def test_the_summary_of_a_full_containment_fits_on_a_small_screen(
    width: int, shown: dict[tuple[str, int | None], str]
) -> None:
    _, *lines = shown["show-small", width].splitlines()
    assert sum(-(-cell_len(one) // width) or 1 for one in lines) <= SMALL - KEPT
    assert any(one.startswith("Done: 16 changes") for one in lines)
    assert any(one.startswith("Residual risk: 5") for one in lines)


@pytest.mark.parametrize(
    "name", ["list", "list-open", "show", "show-undone", "approvals", "limits-all", "watch"]
)
def test_a_pipe_gets_columns_between_tabs(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    _, *lines = shown[name, None].splitlines()
    assert all("\t" in one and "…" not in one.replace('"…"', "") for one in lines)


@pytest.mark.parametrize("name", sorted(VIEWS.keys() - LABELS))
def test_nothing_in_a_pipe_is_padded(name: str, shown: dict[tuple[str, int | None], str]) -> None:
    assert PADDED.findall(shown[name, None]) == []
