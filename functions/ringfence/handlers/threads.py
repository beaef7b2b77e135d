"""Run functions in parallel."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
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
        futures = [self._pool.submit(function) for function in functions[: len(functions) - len(mine)]]
        futures.extend(map(_ended, mine))
        wait(futures)
        return [future.result() for future in futures]


def _ended(function: Callable[[], object]) -> Future[object]:
    """Run a function. Its error is raised after the others have ended."""
    future: Future[object] = Future()
    try:
        future.set_result(function())
    except Exception as error:  # noqa: BLE001 - raised where the result is read
        future.set_exception(error)
    return future
