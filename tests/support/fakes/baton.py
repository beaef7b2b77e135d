"""Processes that take turns at each of their calls: one runs at a time, and a seed says which is next."""

from __future__ import annotations

from threading import Semaphore, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Process:
    """Some work in a thread that waits before each call to the outside until it has the next turn."""

    def __init__(self, work: Callable[[Process], None]) -> None:
        self.ended = False
        self._work = work
        self._go, self._back = Semaphore(0), Semaphore(0)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def step(self) -> None:
        """Let it make its next call, and wait until it comes to another one or ends."""
        self._go.release()
        self._back.acquire()
        if self.ended:
            self._thread.join()
        if self._error:
            raise self._error

    def pause(self) -> None:
        """Wait for the next turn. Its own thread calls this."""
        self._back.release()
        self._go.acquire()

    def _run(self) -> None:
        self._go.acquire()
        try:
            self._work(self)
        except BaseException as error:  # noqa: BLE001 - raised where the turns are given
            self._error = error
        self.ended = True
        self._back.release()
