"""Run commands on a terminal of a width or in a pipe, and write down what they print."""

from __future__ import annotations

import os
import re
import shlex
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from click import unstyle
from click.testing import CliRunner

from ringfence.cli.main import main as ringfence
from tests.support.fakes.audit_home import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    View = Callable[[int | None], str]
    """Returns what a command prints at a width. None: in a pipe."""

WIDTHS = (60, 80, 120)
SIZES = (*WIDTHS, None)
HEIGHT, SMALL = 50, 24
"""The lines of the terminals, and of a small one."""
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
"""The pictures of the animation while a command waits."""


@contextmanager
def here(**changes: str) -> Iterator[None]:
    """Set variables for a while: the region of moto, a time zone, and no configuration of the developer."""
    before = dict(os.environ)
    os.environ.update(
        {"AWS_DEFAULT_REGION": REGION, "TZ": "Europe/Berlin", "XDG_CONFIG_HOME": "/nonexistent"}
    )
    os.environ.update({"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", **changes})
    time.tzset()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


def screen(width: int | None, height: int = HEIGHT) -> dict[str, str | None]:
    """Return the variables for a terminal of this width; None for a pipe."""
    if width is None:
        return {"FORCE_COLOR": None, "COLUMNS": None}
    return {"FORCE_COLOR": "1", "COLUMNS": str(width), "LINES": str(height)}


def transcript(output: str, words: Sequence[str], width: int | None) -> str:
    """Return the prompt and the output, without colors and, on a terminal, spaces at the ends of lines."""
    each = unstyle(output).splitlines()
    lines = (line.rstrip(" ") for line in each) if width else iter(each)
    kept = (line for line in lines if line[:1] not in SPINNER or not line)
    return "\n".join((f"$ ringfence {shlex.join(words)}", *kept, ""))


def typed(*words: str, files: dict[str, Path | str] | None = None, obj: object = None) -> View:
    """Return the transcript of a command in a folder with these files."""

    def shown(width: int | None) -> str:
        runner = CliRunner(env=screen(width))
        with here(), runner.isolated_filesystem():
            for name, content in (files or {}).items():
                text = content if isinstance(content, str) else content.read_text("utf-8")
                with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name in the folder
                    file.write(text)
            done = runner.invoke(ringfence, words, obj=obj)
        return transcript(done.output, words, width)

    return shown


def drawn(draw: Callable[[], Iterable[str] | None], *words: str) -> View:
    """Return the transcript of a view that needs a deployment. `draw` yields its lines, or prints them."""

    def shown(width: int | None) -> str:
        def callback() -> None:
            for line in draw() or ():
                click.echo(line)

        done = CliRunner(env=screen(width)).invoke(click.Command("view", callback=callback))
        if done.exception:
            raise done.exception
        return transcript(done.output, words, width)

    return shown


def masked(view: View, *patterns: tuple[str, str]) -> View:
    """Return a transcript without what differs each time: patterns and what replaces them."""

    def shown(width: int | None) -> str:
        text = view(width)
        for pattern, instead in patterns:
            text = re.sub(pattern, instead, text)
        return text

    return shown
