"""What goes wrong in a run. Each fault is drawn by its own name, so one can be left out without the others.

A run with the same seed and the same faults left out is the same run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from ringfence.model.errors import AccessDenied, Conflict, OutcomeUnknown, Refused, Retryable
from ringfence.model.step import Step
from tests.support.fakes.interruption import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.model.errors import RingfenceError

T = TypeVar("T")
LATEST = Step.visibility_delay - timedelta(seconds=1)
"""How old a stale look may be: AWS shows every change by the end of the delay that steps declare."""
SKEW = timedelta(seconds=1)
"""By how much the clock of an execution may be wrong."""
RATES = {
    "apply": {"lost": 0.10, "failed": 0.06, "unanswered": 0.03, "killed": 0.02},
    "append": {"lost": 0.05, "taken for another's": 0.02, "failed": 0.04, "killed": 0.015},
    "observe": {"failed": 0.03, "killed": 0.004},
    "read": {"failed": 0.03, "killed": 0.004},
    "send": {"lost": 0.02, "failed": 0.03, "killed": 0.01},
}
OTHER = {"failed": 0.02, "killed": 0.004}
STALE, STALLED, TWICE = 0.4, 0.003, 0.04
"""The chances that a look is stale, that an execution stalls, and that a message is delivered twice."""


class Chances:
    """Numbers that depend on a seed and a name, and on nothing else."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def unit(self, *name: object) -> float:
        """Return a number from 0 to 1."""
        text = "/".join(map(str, (self.seed, *name)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / (1 << 56)

    def between(self, low: float, high: float, *name: object) -> float:
        """Return a number between two."""
        return low + (high - low) * self.unit(*name)

    def number(self, low: int, high: int, *name: object) -> int:
        """Return a whole number from `low` to `high`."""
        return low + int(self.unit(*name) * (high - low + 1))

    def chosen(self, items: Sequence[T], *name: object) -> T:
        """Return one of some items."""
        return items[int(self.unit(*name) * len(items))]


@dataclass(frozen=True)
class Outage:
    """From `start` to `end`, in seconds, a kind of call fails: a step by its class, or an operation."""

    start: float
    end: float
    what: str
    how: str

    def error(self) -> RingfenceError:
        """Return what the service answers."""
        if self.how == "denied":
            return AccessDenied(f"{self.what}: UnauthorizedOperation")
        if self.how == "refused":
            return Refused(f"{self.what}: the service refuses it for good")
        return Retryable(f"{self.what}: RequestLimitExceeded")


@dataclass
class Faults:
    """Decides which faults happen. `without`: names of faults that do not. `fired`: those that did.

    `calm` ends them all: then only time passes. An outage that ends never goes on.
    """

    chances: Chances
    without: frozenset[str] = frozenset()
    fired: list[str] = field(default_factory=list)
    calm: bool = False

    def happens(self, rate: float, *name: object) -> bool:
        """Return whether a fault happens."""
        if self.calm or self.chances.unit(*name) >= rate:
            return False
        text = " ".join(map(str, name))
        if text in self.without:
            return False
        self.fired.append(text)
        return True

    def lag(self, *name: object) -> timedelta:
        """Return the age of a look: most are fresh."""
        if not self.happens(STALE, *name, "stale look"):
            return timedelta(0)
        return LATEST * self.chances.unit(*name, "age")

    def fate(self, call: str, *name: object) -> str:
        """Return what becomes of a call: nothing, or the kind of its fault."""
        for kind, rate in RATES.get(call, OTHER).items():
            if self.happens(rate, *name, call, kind):
                return kind
        return ""

    def through(self, fate: str, call: str, function: Callable[[], T], *name: object) -> T:
        """Make a call that has this fate. Raises Killed, OutcomeUnknown and Retryable."""
        if fate == "failed":
            raise Retryable(f"{call}: RequestLimitExceeded")
        if fate == "unanswered":
            raise OutcomeUnknown(f"{call}: no answer came, and nothing was done")
        if fate == "killed" and self.chances.unit(*name, "before or after") < 0.5:
            raise Killed
        answer = function()
        if fate == "killed":
            raise Killed
        if fate == "taken for another's":
            raise Conflict(f"{call}: somebody was first, and it was this execution")
        if fate == "lost":
            raise OutcomeUnknown(f"{call}: no answer came")
        return answer
