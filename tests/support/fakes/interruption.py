"""Processes that die, and processes that take turns."""

from __future__ import annotations

from contextlib import suppress
from itertools import combinations
from threading import Condition
from typing import TYPE_CHECKING, TypeVar

from ringfence.model.errors import OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ringfence.engine.ports import Applied, AuditLog, Cloud
    from ringfence.model.call import SansIO
    from ringfence.model.claims import Checked
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.reviews import Listed, Review
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit
    from ringfence.record.chain import ChainKey, Entry, Lease, Slot
    from ringfence.record.history import History
    from ringfence.record.pauses import Pauses

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: no handler of errors runs."""


class Killer:
    """Kills the process at its n-th call to the outside, before the call or after its effect."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        self.at, self.after, self.calls, self.dead = at, after, 0, False

    def __call__(self, name: str, call: Callable[[], T]) -> T:  # noqa: ARG002 - every call counts
        if self.dead:
            raise Killed
        self.calls += 1
        mine = self.calls == self.at
        if mine and not self.after:
            self.dead = True
            raise Killed
        if not mine:
            return call()
        with suppress(Exception):  # it dies before it knows of an error, too
            call()
        self.dead = True
        raise Killed


class Loser:
    """Loses the answer to the process's n-th call to the outside: the call was made, nobody knows."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def __call__(self, name: str, call: Callable[[], T]) -> T:
        self.calls += 1
        mine = self.calls == self.at
        answer = call()
        if mine:
            raise OutcomeUnknown(f"{name}: no answer came")
        return answer


class Turns:
    """Lets two threads call in a fixed order: `schedule` names who is next, until it runs out.

    Their turns are the reads and appends of the log, and the first of their changes: between an intent
    and its change others may come.
    """

    def __init__(self, schedule: Sequence[str]) -> None:
        self._schedule = list(schedule)
        self._ended: set[str] = set()
        self._turn = Condition()

    def gate(self, me: str) -> Callable[[str, Callable[[], T]], T]:
        points = ["read", "append", "apply"]

        def call(name: str, function: Callable[[], T]) -> T:
            if name not in points:
                return function()
            if name == "apply":
                points.remove(name)
            with self._turn:
                self._turn.wait_for(lambda: self._mine(me), timeout=10)
                answer = None
                try:
                    answer = function()
                finally:
                    if self._schedule:
                        self._schedule.pop(0)
                    self._turn.notify_all()
                return answer

        return call

    def ended(self, me: str) -> None:
        with self._turn:
            self._ended.add(me)
            self._turn.notify_all()

    def _mine(self, me: str) -> bool:
        while self._schedule and self._schedule[0] in self._ended:
            self._schedule.pop(0)
        return not self._schedule or self._schedule[0] == me


def interleavings(a: int, b: int) -> Iterator[str]:
    """Yield every order of `a` calls of one and `b` calls of another, as texts such as `abba`."""
    for places in combinations(range(a + b), a):
        yield "".join("a" if place in places else "b" for place in range(a + b))


class Through:
    """Both ports of one process, with a gate before each call."""

    def __init__(
        self, cloud: Cloud, log: AuditLog, gate: Callable[[str, Callable[[], object]], object]
    ) -> None:
        self._cloud, self._log, self._gate = cloud, log, gate

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        return self._gate("observe", lambda: self._cloud.observe(ref, observations, past))  # type: ignore[return-value]

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        return self._gate("confirm", lambda: self._cloud.confirm(ref, finding))  # type: ignore[return-value]

    def listed(self, account: str, region: str, review: Review) -> Listed:
        return self._gate("listed", lambda: self._cloud.listed(account, region, review))  # type: ignore[return-value]

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:
        return self._gate("named", lambda: self._cloud.canonical_subject(ref, naming))  # type: ignore[return-value]

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Applied:
        return self._gate("apply", lambda: self._cloud.apply(ref, step, names, permit))  # type: ignore[return-value]

    def read(self, key: ChainKey) -> History:
        return self._gate("read", lambda: self._log.read(key))  # type: ignore[return-value]

    def pauses(self) -> Pauses:
        return self._gate("pauses", self._log.pauses)  # type: ignore[return-value]

    def keep_share(self, share: Slot, size: int) -> None:
        self._gate("size", lambda: self._log.keep_share(share, size))

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        self._gate("append", lambda: self._log.append(key, history, entries, lease, slots))
