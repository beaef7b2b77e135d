"""Reads that end with the time of an execution, so that a look is continued in the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.engine.ports import Clock
    from ringfence.model.call import SansIO
    from ringfence.posture.reach import Asking

R = TypeVar("R")
OVER = "the time of the function was over"


@dataclass
class Timed:
    """Runs reads until a time. `is_over`: a read was refused since, so what was read is not complete."""

    cloud: Asking
    clock: Clock
    sleep: Callable[[float], None]
    until: datetime
    is_over: bool = False

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Return the result of a read. Raises AccessDenied, Retryable."""
        self._check(0)
        return self.cloud.asked(account, region, talk)

    def wait(self, seconds: float) -> None:
        """Wait before the next try. Raises Retryable if the time is over by then."""
        self._check(seconds)
        self.sleep(seconds)

    def _check(self, seconds: float) -> None:
        if self.is_over or (self.until - self.clock()).total_seconds() <= seconds:
            self.is_over = True
            raise Retryable(OVER)
