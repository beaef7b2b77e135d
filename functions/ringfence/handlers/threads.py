"""Run functions in parallel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH = 16
T = TypeVar("T")


class Threads:
    """Runs functions on a pool of threads, which is kept for the next call.

    Nested use takes its own pool: functions that wait for others in the same pool could block forever.
    """

    def __init__(self, name: str = "ringfence", width: int = WIDTH) -> None:
        """`width`: how many functions of one call run at a time."""
        self._pool = ThreadPoolExecutor(width, name)
        self._width = width

    def begin(self, function: Callable[[], T]) -> Callable[[], T]:
        """Start a function. Return a function that waits for its result, or raises its error."""
        return self._pool.submit(function).result

    def __call__(self, functions: Sequence[Callable[[], object]]) -> Sequence[object]:
        """Run the functions and wait for all of them. Return their results, or raise the first error.

        The last one runs on the calling thread, which would only wait otherwise. To wake another costs CPU.
        If there are more than can run at a time, the pool runs all of them.
        """
        mine = functions[-1:] if len(functions) <= self._width else ()
        others = [self._pool.submit(function) for function in functions[: len(functions) - len(mine)]]
        ended = list(map(_ended, mine))
        ended = [*(_ended(other.result) for other in others), *ended]
        for _, error in ended:
            if error is not None:
                raise error
        return [result for result, _ in ended]


def _ended(function: Callable[[], object]) -> tuple[object, Exception | None]:
    """Run a function. Return its result and its error, which is raised after the others have ended."""
    try:
        return function(), None
    except Exception as error:  # noqa: BLE001 - raised after the others have ended
        return None, error
