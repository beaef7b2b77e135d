"""Reads of a self-check: a few tries, and what is unknown afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from ringfence.model.errors import AccessDenied, NotFound, Retryable
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.model.call import SansIO

T = TypeVar("T")
_TRIES = 3
ASSUME = "sts:AssumeRole of "
"""How the message begins if the role of the self-check cannot be assumed."""


class Ask(Protocol):
    """Runs a read in one account and region. Raises AccessDenied, Retryable."""

    def __call__(self, account: str, region: str, talk: SansIO[T]) -> T:
        """Run it."""
        ...


class SideBySide(Protocol):
    """Runs functions in parallel."""

    def __call__(self, functions: Sequence[Callable[[], object]]) -> Sequence[object]:
        """Return their results in order."""
        ...


@frozen
class Read:
    """The result of one read: what was found, or why it is unknown."""

    found: object = None
    denied: str = ""
    failed: str = ""

    @property
    def unknown(self) -> str:
        """Why the result is unknown. Empty if it is known."""
        return self.denied or self.failed


def read(ask: Ask, account: str, region: str, talk: Callable[[], SansIO[T]]) -> Read:
    """Run a read a few times. A denial is not tried again."""
    why = ""
    for _ in range(_TRIES):
        try:
            return Read(ask(account, region, talk()))
        except AccessDenied as error:
            return Read(denied=str(error))
        except NotFound:
            return Read()
        except Retryable as error:
            why = str(error)
    return Read(failed=why)


def read_all(side_by_side: SideBySide, jobs: Sequence[Callable[[], Read]]) -> tuple[Read, ...]:
    """Run reads in parallel. Return their results in order."""
    return tuple(one for one in side_by_side(jobs) if isinstance(one, Read)) if jobs else ()
