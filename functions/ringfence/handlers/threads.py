"""Run functions in parallel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
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
        self._pool = ThreadPoolExecutor(width, name)

    def begin(self, function: Callable[[], T]) -> Callable[[], T]:
        """Start a function. Return a function that waits for its result, or raises its error."""
        return self._pool.submit(function).result

    def __call__(self, functions: Sequence[Callable[[], object]]) -> Sequence[object]:
        """Run the functions and wait for all of them. Return their results, or raise the first error."""
        if len(functions) == 1:
            return [functions[0]()]
        futures = [self._pool.submit(function) for function in functions]
        wait(futures)
        return [future.result() for future in futures]
