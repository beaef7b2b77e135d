"""A cloud in memory: the port's rules without AWS. Steps change it by their own declared effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from ringfence.model.claims import CONFIRMED, Checked, SourceAnswer, Verdict
from ringfence.model.errors import NotFound
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.reviews import Listed
from ringfence.observations.ec2.network import Network
from ringfence.steps.ec2.network import SetSecurityGroups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ringfence.engine.ports import Clock
    from ringfence.model.call import SansIO
    from ringfence.model.errors import RingfenceError
    from ringfence.model.finding import Finding
    from ringfence.model.reviews import Review
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol
    from ringfence.policy.decision import Permit


@dataclass(frozen=True)
class Made:
    """What became of a step."""

    provides: Names
    note: str = ""
    requests: tuple[str, ...] = ()


@dataclass
class MemoryCloud:
    """One subject's world. `None` once all is gone; once the subject is, what outlives it may be left.

    `refuse` may raise instead of a change being made; `stale` observations show the world before the
    last change that many times more. `lag` draws how old the next look is. `doubt` is why no
    claim holds, `answer` what the source of a finding says otherwise, `unreadable` why facets cannot be read.
    """

    world: ResourceState | None
    clock: Clock
    refuse: Callable[[Step], None] = lambda _: None
    stale: int = 0
    lag: Callable[[], timedelta] = timedelta
    doubt: str = ""
    answer: SourceAnswer = CONFIRMED
    unreadable: Mapping[type[Observation], RingfenceError] = field(default_factory=dict)
    calls: list[Step] = field(default_factory=list)
    looks: list[tuple[type[Observation], ...]] = field(default_factory=list)
    _earlier: ResourceState | None = None
    _past: list[tuple[datetime, ResourceState]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def observe(
        self,
        ref: Ref,
        observations: Sequence[type[Observation]],
        past: tuple[Step, ...] = (),  # noqa: ARG002
    ) -> ResourceState:
        with self._lock:
            self.looks.append(tuple(observations))
            if self.world is None or any(kind not in self.world for kind in observations):
                raise NotFound(f"{ref.id} does not exist")
            for kind in observations:
                if kind in self.unreadable:
                    raise self.unreadable[kind].with_traceback(None)  # as in `trials.Failing`
            world = self._as_of(self.clock() - self.lag()) or self.world
            if self.stale and self._earlier is not None:
                self.stale -= 1
                world = self._earlier
            return ResourceState(ref, {kind: world[kind] for kind in observations})

    def confirm(self, ref: Ref, finding: Finding) -> Checked:  # noqa: ARG002 - the port's signature
        """Answer as `answer` says, and always doubt a rule with a `doubt`."""
        return Checked(SourceAnswer(Verdict.REFUTED, self.doubt) if self.doubt else self.answer)

    def listed(self, account: str, region: str, review: Review) -> Listed:  # noqa: ARG002 - likewise
        return Listed((self.world.ref,) if self.world else ())

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:  # noqa: ARG002 - likewise
        return self.world.ref if self.world else ref

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:  # noqa: ARG002
        permit.check(ref, self.clock())
        with self._lock:
            if self.world is None:
                raise NotFound(f"{ref.id} does not exist")
            self.refuse(step)
            self.calls.append(step)
            before = self.world
            _check(step, before)
            self._earlier, self.world = before, step.effect(before)
            self._past.append((self.clock(), before))
            return Made(_provided(before, self.world))

    def become(self, world: ResourceState | None) -> None:
        """Let somebody else change the world. A look at the past shows the one before."""
        with self._lock:
            if self.world is not None:
                self._past.append((self.clock(), self.world))
            self.world = world

    def _as_of(self, then: datetime) -> ResourceState | None:
        """Return the world at an earlier time. None if nothing has changed since."""
        return next((world for until, world in self._past if until > then), None)


def _check(step: Step, world: ResourceState) -> None:
    """An interface must never be put into a group that is not there or still has rules."""
    if isinstance(step, SetSecurityGroups):
        for group in step.after:
            assert isinstance(group, str) or group in world[Network].usable(), f"{group.key} is not usable"


def _provided(before: ResourceState, after: ResourceState) -> dict[Symbol, str]:
    known = before.names()
    return {symbol: name for symbol, name in after.names().items() if symbol not in known}
