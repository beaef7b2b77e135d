"""Plans and responses on a terminal. All text is printed literally, never as markup."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import click
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from ringfence.cli.consoles import busy, console
from ringfence.cli.incident_views import BAD, GOOD, OPEN, STYLES, plain
from ringfence.cli.layout import ending, hanging, listed
from ringfence.cli.text import row, wrapped
from ringfence.record.facts import RELEASE, Result
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from rich.console import Console, ConsoleOptions, RenderableType

    from ringfence.cli.sheets import Sheet
    from ringfence.model.document import Document
    from ringfence.record.next_command import NextCommand


_NO_NAMES: Mapping[str, str] = MappingProxyType({})
_AS_PLANNED = frozenset({Result.APPLIED, IncidentStatus.RELEASED.words})
"""The results of what the plan has shown."""


class Screen:
    """Output for people: standard output, or standard error if standard output is for JSON.

    A command that only asks for something is a `query`. Its JSON says everything, so nothing is said again on
    standard error, except for messages.
    """

    def __init__(self, *, as_json: bool, query: bool = False) -> None:
        self._as_json = as_json
        self._silent = as_json and query
        self._console = console(stderr=as_json)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it on a terminal."""
        return self._console.is_terminal

    @property
    def width(self) -> int:
        """The width in columns."""
        return self._console.width

    def rows(self, lines: Iterable[str]) -> None:
        """Print lines for other programs, with their tabs."""
        for one in () if self._silent else lines:
            click.echo(one, err=self._as_json)

    def columns(self, *cells: str, style: str = "") -> None:
        """Print cells beside each other: in a pipe between tabs, and on a terminal with a hanging indent."""
        if self.is_terminal:
            self.show(*(plain(line, style) for line in wrapped("  ".join(cells))))
        else:
            self.rows((row(*cells),))

    def sheet(self, sheet: Sheet) -> None:
        """Print a table: in a pipe, its rows alone."""
        if self.is_terminal:
            self.show(sheet.drawn())
        else:
            self.rows(sheet.lines(titles=False))

    def show(self, *parts: RenderableType) -> None:
        """Print parts, one below the other."""
        for part in () if self._silent else parts:
            self._console.print(part)

    def message(self, text: str, style: str = "") -> None:
        """Print one line that is not part of the result: a pause, or why it takes longer."""
        self._console.print(plain(text, style))

    def say(self, text: str, style: str = "") -> None:
        """Print one line."""
        self.show(plain(text, style))

    def conclude(self, text: str, style: str = "") -> None:
        """Print an empty line, then one line."""
        self.show(Text(), plain(text, style))

    def note(self, text: str) -> None:
        """Print a message in a dim color."""
        self.message(text, "dim")

    def lines(self, status: Document) -> None:
        """Print recorded entries, one per line. On a terminal, without notes on what the plan has shown."""
        for line in status.children("lines"):
            at = (line.optional_text("at") or "")[11:19]
            result = line.optional_text("result") or ""
            self.show(hanging(f"{at} ", plain(line.text("words"), STYLES.get(result, "")), "dim"))
            seen = self._console.is_terminal and result in _AS_PLANNED
            if line.optional_text("kind") != "Verified" and not seen:  # what is left is shown at the end
                self.show(*(_indented(plain(note, "dim"), 9) for note in line.texts("notes")))

    def ending(self, then: NextCommand) -> None:
        """Print the command that comes next, alone on the last line, so that it can be copied."""
        for part in () if self._silent else ending(f"Next, {then.purpose}:", then.command):
            self._console.print(part, soft_wrap=True)

    def command(self, text: str) -> None:
        """Print a command. Only the terminal breaks it, so that it can be copied."""
        if not self._silent:
            self._console.print(plain(text), soft_wrap=True)

    def busy(self, text: str) -> AbstractContextManager[object]:
        """Show a spinner on a terminal."""
        return busy(self._console, plain(text))


def plan_shown(answer: Document, heading: str, accounts: Mapping[str, str] = _NO_NAMES) -> RenderableType:
    """Return a plan: the changes of each stage, their side effects, and the residual risk.

    `accounts` are names of accounts.
    """
    return Group(*_plan(answer, heading, accounts))


def _plan(answer: Document, heading: str, accounts: Mapping[str, str]) -> Iterator[RenderableType]:
    yield plain(f"{heading} {subject_words(answer, accounts)}", "bold")
    plans = list(answer.children("plans"))
    for plan in plans:
        yield Text()
        yield plain(plan.optional_text("title") or plan.text("stage"), "bold")
        steps = list(plan.children("steps"))
        if not steps:
            yield _indented(plain("nothing to do", GOOD))
        for step in steps:
            yield _Step(step)
    yield from listed("Residual risk" if _runs(plans) else "Not undone", _exposure(plans), OPEN)


@dataclass(frozen=True)
class _Step:
    """One change: on one line if it fits, and otherwise with its values on the next one."""

    step: Document

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Draw it."""
        del console
        step = self.step
        words = plain(step.text("words"))
        before, after = step.optional_text("before") or "", step.optional_text("after") or ""
        values = Text.assemble(plain(before, BAD), plain(" → "), plain(after, GOOD))
        whole = Text.assemble(words, ": ", values)
        if whole.cell_len + 2 <= options.max_width:
            yield hanging("  ", whole)
        else:
            yield from (hanging("  ", words), hanging("    ", values))
        if cost := step.optional_text("cost"):
            yield hanging("    ", plain(f"side effect: {cost}", OPEN))
        if irreversible := step.optional_text("irreversible"):
            yield hanging("    ", plain(f"a release does not undo this: {irreversible}", "dim"))


def _runs(plans: Iterable[Document]) -> bool:
    return not any(plan.text("stage") == RELEASE for plan in plans)


def _exposure(plans: Iterable[Document]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for plan in plans for words in plan.texts("exposure")))


def subject_words(answer: Document, accounts: Mapping[str, str] = _NO_NAMES) -> str:
    """Return the subject of a response in words. `accounts` are names of accounts."""
    subject = answer.child("subject")
    kind, account, region, name = (subject.text(key) for key in ("kind", "account", "region", "id"))
    alias = f" {accounts[account]}" if account in accounts else ""
    return f"{kind} {name} (account {account}{alias}, {region})"


def key_of(answer: Document) -> str:
    """Return the key of the subject of a response."""
    subject = answer.child("subject")
    return "/".join(subject.text(key) for key in ("kind", "account", "region", "id"))


def outstanding(status: Document, known: Iterable[str] = ()) -> RenderableType:
    """Return the remaining steps, the refusals and the residual risk, without the `known` risks."""
    parts = (
        ("Remaining", "remaining", BAD),
        ("Settling", "settling", OPEN),
        ("Refused permanently", "refused", BAD),
        ("Still open to an intruder", "open_access", BAD),
        ("Needs your review", "review", OPEN),
    )
    shown = [part for title, key, style in parts for part in listed(title, status.texts(key), style)]
    named = {*status.texts("review"), *status.texts("open_access"), *known}
    left = (one for one in status.texts("exposure") if one not in named)
    return Group(*shown, *listed("More residual risk" if known else "Residual risk", left, OPEN))


def risks_of(planned: Document) -> tuple[str, ...]:
    """Return the residual risk that a plan has shown."""
    return _exposure(planned.children("plans"))


def _indented(part: RenderableType, by: int = 2) -> RenderableType:
    return Padding(part, (0, 0, 0, by), expand=False)
