"""Who is overtaken between their look and their record acts on nothing that they saw before.

The lease alone does not show it: whoever was faster has given it back, and it is as it was.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import RingfenceError
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.interruption import Killed
from tests.support.fakes.site import RUNBOOK, Site
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Callable

SUBJECT = {"account": REF.account, "region": REF.region, "id": REF.id}
MOST_CALLS = 12


class Looked(Site):
    """An instance that somebody has looked at: its incident is open, and nothing was changed."""

    def __init__(self) -> None:
        super().__init__()
        self.chaos: Chaos | None = None
        self.free = self.groups()
        self.run(dry_run=True)
        self.incident = self.history.incident

    def run(self, *, dry_run: bool = False) -> None:
        body = {"runbook": RUNBOOK.id, "subject": SUBJECT, "reason": "it beacons", "dry_run": dry_run}
        self.desk.run(body, self.caller())

    def release(self) -> None:
        body = {"incident": self.incident, "reason": "false alarm", "dry_run": False}
        self.desk.release(body, self.caller())

    def overtaken(self, slow: Callable[[], None], at: int, fast: Callable[[], None]) -> None:
        """Let one go to its end before the other's n-th call to the outside; either may be refused."""
        left = at

        def gate(name: str, call: Callable[[], object]) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                self.gate = self.weather
                self.ended(fast)
                self.gate = gate
            return self.weather(name, call)

        self.gate = gate
        self.ended(slow)
        self.gate = self.weather

    def weather(self, name: str, call: Callable[[], object]) -> object:
        """Make a call, in chaos once it broke out. A message has no answer that could be lost."""
        return self.chaos(name, call) if self.chaos and name != "send" else call()

    def break_out(self, seed: int) -> Chaos:
        """Let chaos begin: answers are lost, looks are stale, time passes with each call."""
        self.chaos = Chaos(seed, self.clock)
        self.cloud.lag = self.chaos.lag
        return self.chaos

    def ended(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (RingfenceError, Killed):
            self.clock.tick(seconds=1)


@pytest.mark.parametrize("at", range(1, MOST_CALLS))
def test_two_runs_change_nothing_twice(at: int) -> None:
    site = Looked()
    site.overtaken(site.run, at, site.run)
    assert set(Counter(site.cloud.calls).values()) == {1}


@pytest.mark.parametrize("at", range(1, MOST_CALLS))
@pytest.mark.parametrize("slow", ["run", "release"])
def test_what_is_called_released_is_free(slow: str, at: int) -> None:
    site = Looked()
    first, second = (site.run, site.release) if slow == "run" else (site.release, site.run)
    site.overtaken(first, at, second)
    assert (site.history.released_at is not None) == (site.groups() == site.free)


SEEDS = range(24)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_chaos_two_runs_isolate_and_a_release_gives_back_what_was_before_both(seed: int) -> None:
    """A stale look can make the second one change the same again. What it records must not be its own."""
    site = Looked()
    chaos = site.break_out(seed)
    site.overtaken(site.run, 1 + seed % MOST_CALLS, site.run)
    chaos.calm = True
    for _ in range(3):
        site.clock.tick(minutes=5)
        site.ended(site.run)
    assert not any(one & {"sg-web"} for one in site.groups())
    assert not site.history.open_intents
    site.incident = site.history.incident
    site.ended(site.release)
    assert site.history.released_at is not None
    assert site.groups() == site.free


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slow", ["run", "release"])
def test_in_chaos_what_is_called_released_is_free(slow: str, seed: int) -> None:
    site = Looked()
    chaos = site.break_out(seed)
    first, second = (site.run, site.release) if slow == "run" else (site.release, site.run)
    site.overtaken(first, 1 + seed % MOST_CALLS, second)
    chaos.calm = True
    for _ in range(3):
        site.clock.tick(minutes=5)
        site.incident = site.history.incident
        if site.history.released_at is None:
            site.ended(site.release)
    assert site.history.released_at is not None
    assert site.groups() == site.free
