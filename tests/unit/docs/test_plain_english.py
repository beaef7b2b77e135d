"""What people read is in plain English: documentation, help, messages, docstrings and comments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from ringfence.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "functions" / "ringfence"
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "Makefile", ROOT / "policy.yaml"))
ROOMS = sorted(one for one in PACKAGE.iterdir() if (one / "__init__.py").exists())
FOLDERS = (*ROOMS, ROOT / "stacks", ROOT / "tools", ROOT / "benchmarks")
FORBIDDEN = {
    "puts? right|putting right": "fix, remediate",
    "look(s|ed)? again": "verify, read again",
    "what stays open": "residual risk",
    "(goes|go|gone|went) on with": "resume, continue",
    "by hand": "manually",
    "for good": "permanently",
    "anew": "again",
    "whoever": "everybody who",
    "of (its|their|his) own": "its own",
    "as it (is|was|stands)": "unchanged",
    "(is|are|was|were|be|been) told": "notified",
}
"""Phrases that readers stumbled over, as patterns, and the plain words for them."""
PHRASES = re.compile("|".join(rf"\b(?:{one})\b" for one in FORBIDDEN), re.IGNORECASE)


def found(text: str) -> list[str]:
    """Return the forbidden phrases of a text."""
    return [one.group() for one in PHRASES.finditer(" ".join(text.split()))]


def commands(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the help of a command and of its subcommands."""
    yield command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from commands(child, click.Context(child, parent=context, info_name=name))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_in_plain_english(page: Path) -> None:
    assert found(page.read_text("utf-8")) == []


def test_the_help_of_every_command_is_in_plain_english() -> None:
    shown = list(commands(main, click.Context(main, info_name="ringfence")))
    assert len(shown) > len(main.list_commands(click.Context(main)))
    assert [phrase for text in shown for phrase in found(text)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_messages_docstrings_and_comments_are_in_plain_english(folder: Path) -> None:
    modules = sorted(folder.rglob("*.py"))
    assert modules
    assert {path.name: phrases for path in modules if (phrases := found(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "text", ["It is put right.", "we looked\nagain", "Whoever did it", "a group of its own", "left as it is"]
)
def test_such_a_phrase_is_found_wherever_it_is(text: str) -> None:
    assert len(found(text)) == 1
