"""Who is overtaken between their look and their record acts on nothing that they saw before.

The lease alone does not show it: whoever was faster has given it back, and it is as it was.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import RingfenceError
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

        def gate(_: str, call: Callable[[], object]) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                self.gate = lambda _, call: call()
                self.ended(fast)
                self.gate = gate
            return call()

        self.gate = gate
        self.ended(slow)
        self.gate = lambda _, call: call()

    def ended(self, act: Callable[[], None]) -> None:
        try:
            act()
        except RingfenceError:
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
