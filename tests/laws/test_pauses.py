"""A pause stops every change within 60 seconds, causes none, and loses nothing: with every interleaving."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.engine.intake import ExecutionContext, continuation, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.results import FollowupKind
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.record.chain import ChainKey
from ringfence.record.deployment_facts import Pause, PauseChange, PausesChanged
from ringfence.record.facts import Verified
from ringfence.record.pauses import FRESH, Pauses
from ringfence.record.pausing import LONGEST, SOON, due
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support import pauses
from tests.support.effort import examples
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.going_on import gone_on
from tests.support.worlds import LEASE, NOON, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.step import Step

_TIME = re.compile(r"[0-9]{8}T[0-9]{4,6}Z")
STOPPED = timedelta(seconds=60)
"""No change starts later than this after a pause."""
TICKS = st.lists(st.integers(0, 20_000), min_size=1, max_size=12)
"""How many milliseconds each of the first calls takes. The others take a tenth of a second."""
SEED = st.sampled_from((None, *range(1, 40)))
"""None: nothing fails. Otherwise answers are lost, looks are stale and each call takes longer."""
ROUNDS = 90
"""How many executions a finding leads to at most. A pause of a quarter of an hour takes twenty of them."""


class Night:
    """One finding and what it leads to, while somebody pauses between two calls."""

    def __init__(
        self,
        ticks: list[int],
        pauses_at: int | None = None,
        lasts: timedelta = STOPPED,
        seed: int | None = None,
    ) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        self.cloud = MemoryCloud(estate(), self.clock)
        self.chaos = None if seed is None else Chaos.of_lost_answers(seed, self.clock)
        if self.chaos:
            self.cloud.lag = self.chaos.lag
        self.ticks, self.pauses_at, self.lasts = ticks, pauses_at, lasts
        self.calls = 0
        self.paused_at: datetime | None = None
        self.began: list[tuple[datetime, Step]] = []
        self.paused_by = 0

    def gate(self, name: str, call: Callable[[], object]) -> object:
        self.calls += 1
        if self.calls == self.pauses_at:
            pauses.paused(self.log, self.clock, self.cloud, self.lasts)
            self.paused_at = self.clock()
        self.clock.tick(milliseconds=self.ticks[self.calls] if self.calls < len(self.ticks) else 100)
        return self.chaos(name, lambda: self.noted(name, call)) if self.chaos else self.noted(name, call)

    def noted(self, name: str, call: Callable[[], object]) -> object:
        made, at = len(self.cloud.calls), self.clock()
        answer = call()
        if name == "apply":
            self.began.extend((at, step) for step in self.cloud.calls[made:])
        return answer

    def finish(self, rounds: int = ROUNDS) -> Night:
        """Deliver the finding and all that follows, as the queues do."""
        now = self.clock()
        made_of = order(now, attempt="a-0", runbook=CONTAIN_INSTANCE, received=finding(updated=NOON))
        first = replace(made_of, stages=1)
        waiting: list[tuple[datetime, Callable[[int], ResponseRequest]]] = [(now, lambda _: first)]
        for number in range(rounds):
            if not waiting:
                return self
            waiting.sort(key=lambda one: one[0])
            at, made = waiting.pop(0)
            self.clock.now = max(self.clock.now, at)
            request = replace(made(number), until=self.clock() + LEASE)
            through = Through(self.cloud, self.log, self.gate)
            engine = Engine(Ports(through, through, self.clock, lambda jobs: [job() for job in jobs]))
            try:
                request, result = gone_on(engine, request)
            except Retryable:
                waiting.append((self.clock() + timedelta(seconds=30), made))
                continue
            for one in result.followups:
                due_at = self.clock() + one.after
                if one.kind is FollowupKind.RETRY:
                    waiting.append((self.clock() + timedelta(seconds=30), made))
                    continue
                message = continuation(request, result)
                if one.kind is not FollowupKind.RECHECK:
                    waiting.append((due_at, lambda n, message=message: self.resumed(n, message)))  # type: ignore[misc]  # bound now
        raise AssertionError("it does not come to an end")

    def resumed(self, number: int, message: str) -> ResponseRequest:
        context = ExecutionContext(f"a-{number}", "test", self.clock() + LEASE)
        return resumed(message, CONTAIN_INSTANCE, context)

    @property
    def contained(self) -> bool:
        verified = self.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key)).last(Verified)
        return verified is not None and verified.contained


def aims(night: Night) -> set[tuple[str, str]]:
    """Return what was changed. Some targets contain the time of the change."""
    return {(type(step).__name__, _TIME.sub("", step.target)) for _, step in night.began}


CALLS = Night([100]).finish().calls
"""How many calls a response makes that nothing holds."""


@examples(25)
@given(ticks=TICKS, pauses_at=st.integers(1, CALLS + 5), lasts=st.integers(61, 900), seed=SEED)
@example(ticks=[20_000] * 12, pauses_at=1, lasts=900, seed=None)
@example(ticks=[14_000] * 12, pauses_at=2, lasts=900, seed=None)
def test_no_change_starts_later_than_a_minute_after_a_pause_and_nothing_is_lost(
    ticks: list[int], pauses_at: int, lasts: int, seed: int | None
) -> None:
    night = Night(ticks, pauses_at, timedelta(seconds=lasts), seed).finish()
    if night.paused_at is not None:
        ends = night.paused_at + timedelta(seconds=lasts)
        late = [at for at, _ in night.began if night.paused_at + STOPPED < at < ends]
        assert not late
    assert night.contained


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["calm", "chaos-1", "chaos-2"])
@pytest.mark.parametrize("pauses_at", range(1, CALLS + 1))
def test_a_pause_at_each_call_causes_no_other_change_and_what_it_held_follows(
    pauses_at: int, seed: int | None
) -> None:
    free = Night([100]).finish()
    night = Night([100], pauses_at, timedelta(minutes=10), seed).finish()
    assert night.paused_at
    assert night.contained
    assert aims(night) == aims(free)
    late, until = night.paused_at + STOPPED, night.paused_at + timedelta(minutes=10)
    assert not [at for at, _ in night.began if late < at < until]


@examples(10)
@given(ticks=TICKS, seed=SEED)
def test_what_is_paused_from_the_beginning_is_read_and_never_changed(
    ticks: list[int], seed: int | None
) -> None:
    night = Night(ticks, 1, LONGEST, seed)
    with pytest.raises(AssertionError, match="does not come to an end"):
        night.finish(5)
    assert not night.began
    assert not night.contained


times = st.integers(-3600, 90_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
some_pauses = st.lists(
    st.builds(
        lambda number, at, lasts, runbook, account: Pause(
            f"p-{number}", pauses.ANN, "why", at, at + timedelta(seconds=lasts), runbook, account
        ),
        st.integers(0, 5),
        times,
        st.integers(1, 86_400),
        st.sampled_from(("", "contain-instance", "harden-bucket")),
        st.sampled_from(("", REF.account, "999988887777")),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
).map(tuple)


@given(known=some_pauses, more=some_pauses, now=times)
def test_more_pauses_hold_more(known: tuple[Pause, ...], more: tuple[Pause, ...], now: datetime) -> None:
    some = Pauses(known).holding("contain-instance", REF.account, "inc", now)
    all_ = Pauses((*known, *more)).holding("contain-instance", REF.account, "inc", now)
    assert set(some) <= set(all_)


@given(until=times, read_at=times)
def test_a_read_of_the_pauses_only_shortens_the_time_for_changes(until: datetime, read_at: datetime) -> None:
    assert Pauses().bound(until) == until
    bound = Pauses(read_at=read_at).bound(until)
    assert bound <= until
    assert bound <= read_at + FRESH


@given(active=some_pauses)
def test_each_pause_is_announced_once_before_its_end_and_told_once_to_be_over(
    active: tuple[Pause, ...],
) -> None:
    told: list[PausesChanged] = []
    first, last = NOON - timedelta(hours=2), max([one.until for one in active], default=NOON)
    now, left = first, active
    while now <= last + timedelta(minutes=5):
        while (change := due(left, told, now)) is not None:
            told.append(change)
            left = change.active
            if change.change == PauseChange.ENDED:
                assert now >= change.pause.until
                assert now - change.pause.until <= timedelta(minutes=5)
            else:
                assert now < change.pause.until <= now + SOON
        now += timedelta(minutes=5)
    ended = [one.pause.id for one in told if one.change == PauseChange.ENDED]
    assert sorted(ended) == sorted(one.id for one in active)
    announced = [one.pause.id for one in told if one.change == PauseChange.ENDS_SOON]
    assert len(announced) == len(set(announced))
    assert set(announced) >= {one.id for one in active if one.until - one.at > SOON and one.until > first}
    assert not left
