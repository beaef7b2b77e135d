"""A seeded chaos: answers are lost, calls fail, looks are stale, processes die, and time passes."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, TypeVar

from ringfence.model.errors import OutcomeUnknown, Retryable
from ringfence.model.step import Step
from tests.support.fakes.interruption import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.worlds import Ticking

T = TypeVar("T")
LATEST = Step.visibility_delay - timedelta(seconds=1)
"""How old a stale look may be: AWS shows every change by the end of the delay that steps declare."""

RATES = {"apply": (0.12, 0.08, 0.02), "append": (0.06, 0.04, 0.01), "read": (0.0, 0.03, 0.005)}
OTHER = (0.0, 0.03, 0.005)
"""The chances that a call loses its answer, fails without an effect, and kills its process."""
LOSSES = {"apply": (0.2, 0.0, 0.0), "append": (0.06, 0.0, 0.0)}
"""The chances if answers are lost and nothing else fails: the law itself says what fails."""
NEVER = (0.0, 0.0, 0.0)
WITHOUT_ANSWER = {"append", "send", "size"}
"""The calls whose answer says nothing."""
Rates = tuple[float, float, float]


@contextmanager
def at_rest(chaos: Chaos | None) -> Iterator[None]:
    """Lose no answer, and look at nothing that is over."""
    if chaos:
        chaos.calm = True
    try:
        yield
    finally:
        if chaos:
            chaos.calm = False


class Chaos:
    """A gate for the calls of a process, and the age of each look. The same seed does the same.

    `calm` ends it all: then only time passes. `lost` counts the answers that were lost.
    """

    def __init__(
        self, seed: int, clock: Ticking, rates: Mapping[str, Rates] = RATES, other: Rates = OTHER
    ) -> None:
        self.random = Random(seed)  # noqa: S311 - repeatable on purpose
        self.clock = clock
        self.rates, self.other = rates, other
        self.calm = False
        self.lost = 0

    @classmethod
    def of_lost_answers(cls, seed: int, clock: Ticking) -> Chaos:
        """Return a chaos in which answers are lost, looks are stale and time passes, and no call fails."""
        return cls(seed, clock, LOSSES, NEVER)

    def lag(self) -> timedelta:
        """Return the age of a look: most are fresh."""
        if self.calm or self.random.random() > 0.4:
            return timedelta(0)
        return LATEST * self.random.random()

    def __call__(self, name: str, call: Callable[[], T]) -> T:
        self.clock.tick(milliseconds=self.random.randint(1, 60))
        if self.calm:
            return call()
        lost, failed, killed = self.rates.get(name, self.other)
        drawn = self.random.random()
        if drawn < failed:
            raise self._failure(name)
        answer = None if drawn < failed + killed / 2 else call()
        if drawn < failed + killed:
            raise Killed
        if drawn < failed + killed + lost:
            self.lost += 1
            self.clock.tick(seconds=self.random.choice((0, 8)))
            raise OutcomeUnknown(f"{name}: no answer came")
        assert answer is not None or name in WITHOUT_ANSWER
        return answer  # type: ignore[return-value]  # the answer of an append is None

    def _failure(self, name: str) -> Retryable:
        """The service refused it for now, or the request never arrived: nobody knows which."""
        if name == "apply" and self.random.random() < 0.5:
            return OutcomeUnknown(f"{name}: no answer came, and nothing was done")
        return Retryable(f"{name}: RequestLimitExceeded")
