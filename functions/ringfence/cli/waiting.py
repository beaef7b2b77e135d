"""Waiting for the end of what was asked for, and showing what happens meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from ringfence.cli.text import safe
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Retryable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.operator_command import CommandOptions, Environment
    from ringfence.cli.plan_view import Screen

R = TypeVar("R")
PAUSE = 2.0
"""Seconds between two looks."""


INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it: 128 and the signal's number."""


class Interrupted(click.ClickException):
    """Nobody waits any longer. What was begun is not undone by that."""

    exit_code = INTERRUPTED

    def show(self, file: IO[Any] | None = None) -> None:
        """Say so: it is no error."""
        click.echo(f"\n{self.message}", file=file, err=file is None)


@contextmanager
def interruptible(incident: Callable[[], str], *, goes_on: bool) -> Iterator[None]:
    """Say at Ctrl-C what becomes of what was begun, and how to look; raises Interrupted.

    `goes_on`: others finish it.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        end = (
            "what was begun goes on" if goes_on else "what is not done yet is done when you ask for it again"
        )
        look = f"To look at it: ringfence incidents show {safe(incident())}"
        raise Interrupted(f"Not waited for any longer; {end}. {look}") from stop


class Poller:
    """Waits between looks, for as long as the operator wants to."""

    def __init__(self, wish: CommandOptions, outside: Environment, screen: Screen) -> None:
        self._environment = outside
        self._screen = screen
        self._ends = outside.clock() + wish.wait

    @property
    def left(self) -> bool:
        """Whether it is not over yet."""
        return self._environment.clock() < self._ends

    def pause(self) -> None:
        """Wait for the next look."""
        self._environment.sleep(PAUSE)

    def first(self, ask: Callable[[], Mapping[str, object]]) -> Document:
        """Ask for a plan; an API that cannot be reached is told at once, as BadInput."""
        from ringfence.aws.signed_http import Unreachable

        def reached() -> Mapping[str, object]:
            try:
                return ask()
            except Unreachable as error:
                raise BadInput("--url", f"cannot be reached: {error}") from error

        return Document.of(self.insist(reached))

    def insist(self, ask: Callable[[], R]) -> R:
        """Ask again while it may work later; raises Retryable when patience is over."""
        while True:
            try:
                return ask()
            except Retryable as error:
                if not self.left:
                    raise
                self.note(f"not now: {error}")
                self.pause()

    def note(self, text: str) -> None:
        """Say why it takes longer."""
        self._screen.note(text)


class ProgressFollower:
    """Follows one response: prints what is new at each look."""

    def __init__(self, door: OperatorClient, who: Mapping[str, object], screen: Screen) -> None:
        self._client = door
        self._who = who
        self._screen = screen
        self._incident, self._seen = "", 0

    @property
    def incident(self) -> str:
        """The incident of the newest look."""
        return self._incident

    def begin(self) -> None:
        """Take what is recorded so far as known."""
        now = Document.of(self._client.status({**self._who, "after": 0}))
        self._incident, self._seen = now.optional_text("incident") or "", now.integer("entries")

    def look(self) -> Document:
        """Print what is new, and return how it stands."""
        now = Document.of(self._client.status({**self._who, "after": self._seen}))
        incident = now.optional_text("incident") or ""
        if incident != self._incident and self._seen:
            self._incident, self._seen = incident, 0
            return self.look()
        self._incident, self._seen = incident, now.integer("entries")
        self._screen.lines(now)
        return now
