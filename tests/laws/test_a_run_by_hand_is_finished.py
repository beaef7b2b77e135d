"""Law 5, by hand: whenever the function behind the API dies, what an operator began is finished, once.

No event stands behind an operator's run, and nobody may be there to ask again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ringfence.handlers.operator_api import OperatorService
from ringfence.model.errors import Retryable
from ringfence.policy.decision import Mode
from ringfence.record.chain import ChainKey, digest
from ringfence.record.facts import DecisionMade, Intended, Released, Result, RunRequested
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.interruption import Killed, Killer
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.site import Site
from tests.support.worlds import REF, estate

WHO = {
    "runbook": CONTAIN_INSTANCE.id,
    "subject": {"account": REF.account, "region": REF.region, "id": REF.id},
}
RUN = {**WHO, "reason": "it beacons", "dry_run": False}


class Yard(Site):
    """A whole instance, and the runbook that is for it."""

    def __init__(self, *, looked: bool = False) -> None:
        super().__init__()
        self.cloud = MemoryCloud(estate(), self.clock)
        policy = replace(self.desk.policy, runbooks=())
        self.desk = OperatorService(
            {CONTAIN_INSTANCE.id: CONTAIN_INSTANCE}, policy, self.ports, self.find, self.send
        )
        if looked:
            self.desk.run({**RUN, "dry_run": True}, self.caller())

    def run(self, gate: Killer) -> None:
        self.gate = gate
        try:
            self.desk.run(RUN, self.caller())
        finally:
            self.gate = Killer()

    def settle(self) -> None:
        """Deliver every message until none is left."""
        for _ in range(10):
            self.wait()
            self.clock.tick(minutes=2)
            if not self.sent:
                return
        raise AssertionError(self.sent)

    def stands(self) -> object:
        """How an operator is told that it stands."""
        everything = list(CONTAIN_INSTANCE.chosen(()).ids)
        return self.desk.status({**WHO, "remediations": everything})["state"]

    @property
    def begun(self) -> bool:
        """Whether the run is recorded as one that may change something."""
        return any(one.decision.mode is Mode.AUTO for one in self.history.of(DecisionMade))


def end_of(yard: Yard) -> set[str]:
    """Check the log, and return what was changed."""
    history = yard.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key))
    counted = Counter(yard.cloud.calls)
    assert set(counted.values()) <= {1}, "nothing twice"
    assert Counter(history.steps(Result.APPLIED)) == counted, "the log says what was done"
    assert not history.open_intents
    previous = ""
    for number, entry in enumerate(history.entries):
        assert (entry.seq, entry.previous, entry.hash) == (number, previous, digest(entry.body))
        previous = entry.hash
    return {step.target for step in yard.cloud.calls}


def undisturbed() -> tuple[int, set[str]]:
    yard, killer = Yard(), Killer()
    yard.run(killer)
    yard.settle()
    return killer.calls, end_of(yard)


CALLS, EVERYTHING = undisturbed()


@pytest.mark.parametrize("looked", [False, True], ids=["unseen", "looked"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_what_an_operator_began_is_finished_though_the_function_dies(
    at: int, *, after: bool, looked: bool
) -> None:
    yard = Yard(looked=looked)
    with pytest.raises(Killed):
        yard.run(Killer(at, after=after))
    assert set(yard.cloud.calls) <= {one.step for one in yard.history.of(Intended)}
    begun = yard.begun
    yard.settle()
    assert end_of(yard) == (EVERYTHING if begun else set())
    assert bool(yard.history.completed_at) == begun
    if not begun:
        yard.run(Killer())
        yard.settle()
        assert end_of(yard) == EVERYTHING


@pytest.mark.parametrize("times", [1, 2])
def test_what_stands_behind_a_run_finds_nothing_left_to_do(times: int) -> None:
    yard = Yard()
    yard.run(Killer())
    yard.go_on()
    entries, calls = yard.history.entries, list(yard.cloud.calls)
    assert yard.history.completed_at
    ((runbook, message, seconds),) = yard.delayed
    for _ in range(times):
        yard.delayed = [(runbook, message, seconds)]
        yard.wait()
    assert (yard.history.entries, yard.cloud.calls) == (entries, calls)


def test_a_second_run_that_died_is_not_called_complete_because_the_first_one_is() -> None:
    yard = Yard()
    yard.run(Killer())
    yard.settle()
    assert yard.stands() == "complete"
    yard.cloud.world = estate()
    with pytest.raises(Killed):
        yard.run(Killer(6))
    assert yard.history.open_intents
    yard.clock.tick(minutes=1)
    assert yard.stands() == "contained"
    yard.settle()
    assert yard.stands() == "complete"


def test_it_is_due_a_little_after_the_lease() -> None:
    yard = Yard()
    caller = yard.caller()
    yard.desk.run(RUN, caller)
    ((_, _, seconds),) = yard.delayed
    assert 0 < seconds - (caller.until - yard.clock()).total_seconds() <= 10


def test_nothing_stands_behind_a_look() -> None:
    assert not Yard(looked=True).delayed


def test_a_queue_that_is_out_of_order_keeps_nothing_from_being_contained() -> None:
    yard = Yard()

    def out_of_order(runbook: str, message: str, seconds: int) -> None:
        raise Retryable(f"sqs:SendMessage: {runbook} {len(message)} {seconds}")

    yard.desk = replace(yard.desk, go_on=out_of_order)
    with pytest.raises(Retryable):
        yard.desk.run(RUN, yard.caller())
    assert yard.history.verified
    assert yard.history.verified.contained


def test_what_was_released_meanwhile_is_not_contained_again() -> None:
    yard = Yard()
    yard.run(Killer())
    wish = {"incident": yard.history.incident, "reason": "false alarm", "dry_run": False}
    yard.desk.release(wish, yard.caller())
    assert yard.history.last(Released)
    calls = list(yard.cloud.calls)
    yard.settle()
    assert yard.cloud.calls == calls


def test_a_message_about_what_nobody_allowed_changes_nothing() -> None:
    yard = Yard(looked=True)
    (entry,) = (entry for entry, fact in yard.history.facts if isinstance(fact, RunRequested))
    message = '{"version":1,"runbook":"%s","subject":"%s","remediations":["isolate-instance"],"behind":"%s"}'
    for behind in (entry.attempt, "somebody"):
        told = message % (CONTAIN_INSTANCE.id, REF.key, behind)
        yard.desk.resume(CONTAIN_INSTANCE.id, told, yard.caller())
    assert not yard.cloud.calls
