"""The functions as Lambda runs them: what their wiring makes is replaced by what belongs to the execution."""

from __future__ import annotations

import io
import logging
import threading
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringfence.handlers import wiring
from ringfence.handlers.queue import Source
from ringfence.handlers.wiring import Settings
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ringfence.engine.ports import Ports
    from ringfence.policy.policy import Policy


class Queue(Protocol):
    """What the functions use of a queue."""

    def send(self, body: str, seconds: int = 0) -> None: ...

    def come_back(self, receipt: str, seconds: int) -> None: ...

    def prove(self, receipt: str, seconds: int) -> str: ...


class Environment(Protocol):
    """What one execution finds around it."""

    runbook: str
    source: str

    def ports(self, role: str = "") -> Ports: ...

    def policy(self) -> Policy: ...

    def now(self) -> datetime: ...

    def queue(self, url: str) -> Queue: ...


@dataclass(frozen=True)
class Context:
    """What the Lambda runtime hands over."""

    aws_request_id: str
    left: float

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left * 1000)


_HERE = threading.local()


def enter(environment: Environment) -> None:
    """Let the functions of this thread find this environment."""
    _HERE.environment = environment


def here() -> Environment:
    """Return the environment of this thread."""
    found: Environment = _HERE.environment
    return found


def begun(function: Callable[[], str]) -> Callable[[], str]:
    """Run what a function begins in the background at once, and keep its result or its error."""
    try:
        found = function()
    except RingfenceError as error:
        kept = error

        def fail() -> str:
            raise kept

        return fail
    return lambda: found


def _settings() -> Settings:
    runbook = here().runbook
    return Settings("audit", "control", runbook, "", here().source, f"{runbook}/continuations", "test")


WIRED = {
    "settings": _settings,
    "warm": lambda role="": here().ports(role),
    "policy": lambda: here().policy(),
    "now": lambda: here().now(),
    "queue": lambda url: here().queue(url),
    "source": lambda url, hidden: Source(here().queue(url), hidden, begun),
}


@contextmanager
def deployed() -> Iterator[None]:
    """Let the functions run in memory. Nothing is logged or printed meanwhile."""
    kept = {name: getattr(wiring, name) for name in WIRED}
    for name, function in WIRED.items():
        setattr(wiring, name, function)
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
        for name, function in kept.items():
            setattr(wiring, name, function)
