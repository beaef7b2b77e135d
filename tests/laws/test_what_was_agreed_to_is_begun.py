"""What a person said yes to is what is begun: in a world that stood still always, in another one never."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.run import Engine
from ringfence.handlers.operator_api import OperatorService
from ringfence.model.errors import NotFound, OutcomeUnknown, Refused
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.security_group import Rule, SecurityGroup
from ringfence.policy.policy import Policy
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Intended
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from tests.support.effort import examples
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.site import Site
from tests.support.runbook_worlds import worlds_of
from tests.support.strategies.network import GROUP
from tests.support.worlds import finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from ringfence.handlers.operator_answers import Answer
    from ringfence.model.runbook import Runbook

EACH = pytest.mark.parametrize(
    "runbook",
    [one for one in CATALOGUE.values() if one.id != "restore-logging"],
    ids=lambda one: one.id,
)
"""Not what restores logging: its plans depend on what it noted, which nobody agrees to."""
PAUSE = st.sampled_from((0, 1, 47, 3000))
"""Seconds until the yes."""
SEED = st.sampled_from((None, *range(1, 20)))
"""None: nothing fails. Otherwise answers are lost, looks are stale and each call takes time."""


def states(runbook: Runbook) -> SearchStrategy[ResourceState]:
    return worlds_of(runbook.id).situations().map(itemgetter(0))


class Lot(Site):
    """One subject of any kind."""

    def __init__(self, runbook: Runbook, world: ResourceState, seed: int | None = None) -> None:
        super().__init__()
        self.chaos = None if seed is None else Chaos.of_lost_answers(seed, self.clock)
        self.runbook, self.world = runbook, world
        self.cloud = MemoryCloud(world, self.clock)
        if self.chaos:
            self.gate, self.cloud.lag = self.chaos, self.chaos.lag
        policy = Policy((world.ref.account,))
        self.desk = OperatorService({runbook.id: runbook}, policy, self.ports, self.find, self.send)

    def asks(self, **more: object) -> Answer:
        """Ask for the first stage."""
        ref, stage = self.world.ref, self.runbook.on(self.world.ref).stages[0]
        subject = {"kind": ref.kind, "account": ref.account, "region": ref.region, "id": ref.id}
        body = {"runbook": self.runbook.id, "subject": subject, "reason": "it is time", "dry_run": False}
        only = [one.id for one in stage.members]
        return self.heard(lambda: self.desk.run({**body, "remediations": only, **more}, self.caller()))

    def heard(self, asks: Callable[[], Answer]) -> Answer:
        """Ask again as long as the answer is lost, as a person does."""
        for _ in range(8):
            try:
                return asks()
            except OutcomeUnknown:
                assert self.chaos
                self.clock.tick(minutes=2)
        raise AssertionError("each time an answer is lost")

    def looked(self, **more: object) -> dict[str, object]:
        """Look, and say what is agreed to."""
        answer = self.asks(dry_run=True, **more)
        plans = answer["plans"]
        assert isinstance(plans, list)
        return {"digest": plans[0]["digest"], "as_of": answer["as_of"]}

    @property
    def intended(self) -> int:
        """How many changes were begun."""
        key = ChainKey(self.runbook.id, self.world.ref.key)
        entries = self.log.all(key)
        return sum(isinstance(entry.fact, Intended) for entry in entries)


@EACH
@examples(30)  # each begins four executions
@given(data=st.data(), pause=PAUSE, before=st.booleans(), seed=SEED)
def test_in_a_world_that_stood_still_what_was_agreed_to_is_begun(
    runbook: Runbook, data: st.DataObject, pause: int, seed: int | None, *, before: bool
) -> None:
    """Also where an incident `before` was put right, and a run opens another: its name and instant differ."""
    lot = Lot(runbook, data.draw(states(runbook)), seed)
    lot.clock.tick(days=1)  # sessions that were denied already are those before an instant that is over
    if before:
        lot.asks()
        lot.clock.tick(days=1)
        lot.cloud.world = lot.world
    plan = lot.looked()
    lot.clock.tick(seconds=pause)
    assert lot.asks(plan=plan)["status"] != "dry-run"


@EACH
@examples(30)  # each begins four executions
@given(data=st.data())
def test_in_another_world_only_the_same_is_begun(runbook: Runbook, data: st.DataObject) -> None:
    """No time passes here: ages are compared as of the first look."""
    lot = Lot(runbook, data.draw(states(runbook)))
    other = data.draw(states(runbook).filter(lambda one: one.ref == lot.world.ref))
    plan = lot.looked()
    lot.cloud.world = other
    same = lot.looked()["digest"] == plan["digest"]
    try:
        lot.asks(plan=plan)
    except Refused:
        assert not same
        assert lot.intended == 0
        assert lot.cloud.calls == []
    else:
        assert same


def open_at(*ports: int) -> ResourceState:
    """A security group that is open to the world."""
    rules = frozenset(Rule(False, "tcp", port, port, "0.0.0.0/0") for port in ports)
    return ResourceState(GROUP, {SecurityGroup: SecurityGroup(name="web", owner=GROUP.account, rules=rules)})


def test_what_was_begun_and_has_ended_is_no_yes_to_what_came_after() -> None:
    lot = Lot(HARDEN_NETWORK, open_at(22))
    plan = lot.looked()
    for _ in range(2):
        assert lot.asks(plan=plan)["status"] == "complete", "an answer may be lost"
    lot.clock.tick(days=30)
    lot.cloud.world = open_at(3389)
    with pytest.raises(Refused, match="revoke tcp 3389"):
        lot.asks(plan=plan)
    assert len(lot.cloud.calls) == 1


def test_a_yes_to_what_cannot_be_found_begins_nothing_once_it_is_found() -> None:
    lot = Lot(HARDEN_NETWORK, open_at(22))
    plan = lot.looked()
    lot.cloud.world = None
    with pytest.raises(NotFound):
        lot.asks(plan=plan)
    lot.cloud.world = open_at(3389)
    lot.clock.tick(seconds=6)
    lot.go_on()
    lot.wait()
    assert lot.intended == 0


def test_a_look_behind_what_was_put_right_is_at_what_a_run_would_do() -> None:
    """A finding was about port 22 alone; a person's run, which opens another incident, is about more."""
    lot = Lot(HARDEN_NETWORK, open_at(22, 3389))
    reported = finding(type="Config:restricted-ssh", subjects=(GROUP,))
    fix = HARDEN_NETWORK.narrowed(("revoke-open-ingress",))
    done = Engine(lot.ports("")).respond(replace(order(received=reported, runbook=fix), ref=GROUP))
    assert done.status is IncidentStatus.COMPLETE
    assert len(lot.cloud.calls) == 1
    lot.cloud.world = lot.world
    lot.clock.tick(days=1)
    only = {"remediations": list(fix.ids)}
    plan = lot.looked(**only)
    assert lot.asks(plan=plan, **only)["status"] == "complete"
    assert len(lot.cloud.calls) == 3
