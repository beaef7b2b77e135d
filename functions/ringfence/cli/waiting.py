"""Wait for the result of a request, and show the progress."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from ringfence.cli.text import safe
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Retryable
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.operator_command import CommandOptions, Environment
    from ringfence.cli.plan_view import Screen

R = TypeVar("R")
PAUSE = 2.0
"""Seconds between two status queries."""


INTERRUPTED = 130
"""The exit code after Ctrl-C, as in shells: 128 plus the number of the signal."""


class Interrupted(click.ClickException):
    """The user pressed Ctrl-C. That undoes nothing."""

    exit_code = INTERRUPTED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without the prefix `Error`."""
        for one in ("", *self.message.splitlines()):
            click.echo(one, file=file, err=file is None)


@contextmanager
def interruptible(incident: Callable[[], str], *, goes_on: bool) -> Iterator[None]:
    """Explain after Ctrl-C whether the run continues, and how to see its progress. Raises Interrupted.

    `goes_on`: the deployed functions finish the run.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        end = "the run continues" if goes_on else "run the command again to finish it"
        look = typed("ringfence", "incidents", "show", safe(incident()))
        raise Interrupted(f"Stopped waiting; {end}.\nTo see the progress:\n{look}") from stop


@contextmanager
def before_changes() -> Iterator[None]:
    """Say after Ctrl-C, or at the end of the input, that nothing was changed. Raises Interrupted."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort) as stop:
        raise Interrupted("Stopped. Nothing was changed.") from stop


class Poller:
    """Repeats a request until it succeeds or the time for waiting is over."""

    def __init__(self, given: CommandOptions, outside: Environment, screen: Screen) -> None:
        self._environment = outside
        self._screen = screen
        self._ends = outside.clock() + given.wait
        self._said = ""

    @property
    def left(self) -> bool:
        """Whether there is time left."""
        return self._environment.clock() < self._ends

    def pause(self) -> None:
        """Wait before the next request."""
        self._environment.sleep(PAUSE)

    def first(self, ask: Callable[[], Mapping[str, object]]) -> Document:
        """Request a plan. Raises BadInput at once if the API cannot be reached."""
        from ringfence.aws.signed_http import Unreachable

        def reached() -> Mapping[str, object]:
            try:
                return ask()
            except Unreachable as error:
                raise BadInput("--url", f"cannot be reached: {error}") from error

        return Document.of(self.insist(reached))

    def insist(self, ask: Callable[[], R]) -> R:
        """Repeat a request while it may succeed later. Raises Retryable when the time is over."""
        self._said = ""
        while True:
            try:
                return ask()
            except Retryable as error:
                if not self.left:
                    raise
                self.note(f"retrying: {error}")
                self.pause()

    def note(self, text: str) -> None:
        """Show why it takes longer. What was said last is not said again."""
        if text != self._said:
            self._screen.note(text)
        self._said = text


class ProgressFollower:
    """Follows one response and prints new entries."""

    def __init__(self, client: OperatorClient, who: Mapping[str, object], screen: Screen) -> None:
        self._client = client
        self._who = who
        self._screen = screen
        self._incident, self._seen = "", 0

    @property
    def incident(self) -> str:
        """The incident of the newest status."""
        return self._incident

    def begin(self) -> None:
        """Skip the entries that are recorded so far."""
        now = Document.of(self._client.status({**self._who, "after": 0}))
        self._incident, self._seen = now.optional_text("incident") or "", now.integer("entries")

    def look(self) -> Document:
        """Print new entries and return the status."""
        now = Document.of(self._client.status({**self._who, "after": self._seen}))
        incident = now.optional_text("incident") or ""
        if incident != self._incident and self._seen:
            self._incident, self._seen = incident, 0
            return self.look()
        self._incident, self._seen = incident, now.integer("entries")
        self._screen.lines(now)
        return now
