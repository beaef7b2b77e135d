"""A contained principal is verified again: ways in that opened since, which only a person can close."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.ports import Ports
from ringfence.engine.recheck import Rechecker
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.parser.undoing import Undoing
from ringfence.model.errors import AccessDenied, Refused, Retryable, RingfenceError
from ringfence.model.observation import Observation, ResourceState
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.other_credentials import OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.logging.trail import Trail
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.containments import is_contained
from ringfence.record.facts import ContainmentBroken
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.credentials import ACCOUNT, DEPLOY, KEY
from tests.support.worlds import LEASE, Ticking, finding, order
from tests.unit.engine.test_false_safety_of_credentials import LEAKED, OTHER, RUNBOOK

if TYPE_CHECKING:
    from ringfence.record.history import History

POLICY = Policy((ACCOUNT,), rules=(Rule(Mode.AUTO),))


class Leak:
    """A leaked key whose response is done."""

    def __init__(self, *others: Key) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        seen = (
            AccessKey("deploy", (LEAKED, *others)),
            Denial(DEPLOY),
            Password(),
            OtherCredentials("deploy"),
        )
        world = ResourceState(KEY, {type(one): one for one in (*seen, KeyUse(), Grants(), Trail())})
        self.cloud = MemoryCloud(world, self.clock)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        chosen = RUNBOOK.choose({})
        for number in range(2):
            received = finding(subjects=(KEY,))
            asked = order(self.clock(), attempt=f"a-{number}", received=received, runbook=RUNBOOK)
            Engine(self.ports).respond(replace(asked, ref=KEY, choices=chosen))
            self.clock.tick(minutes=5)
        assert is_contained(self.history)

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(RUNBOOK.id, KEY.key))

    def status(self) -> IncidentStatus:
        return Summary.of(self.history.entries).status

    def set_keys(self, *others: Key) -> None:
        """Let somebody create other keys of the user, or delete them."""
        assert self.cloud.world
        seen = self.cloud.world[AccessKey]
        keys = (*(one for one in seen.keys if one.id == KEY.id), *others)
        self.cloud.world = self.cloud.world.with_observation(replace(seen, keys=keys))

    def recheck(self, *, heard: bool) -> RecheckResult:
        self.clock.tick(minutes=5)
        who = f"arn:aws:iam::{ACCOUNT}:user/mallory"
        cause = Undoing(
            "iam:CreateAccessKey", who, "203.0.113.9", self.clock(), "e-1", ACCOUNT, frozenset({"deploy"})
        )
        execution = ExecutionContext("a-9", "test", self.clock() + LEASE)
        asked = RecheckRequest(
            RUNBOOK, KEY, self.history.incident, POLICY, execution, cause if heard else None
        )
        return Rechecker(self.ports).recheck(asked)


@pytest.mark.parametrize("heard", [True, False])
def test_a_new_key_of_the_user_is_reported_and_left_to_a_person(*, heard: bool) -> None:
    leak = Leak()
    leak.set_keys(OTHER)
    result = leak.recheck(heard=heard)
    assert (result.standing, result.answered, result.follows) == (Standing.BROKEN, False, None)
    (fact,) = leak.history.of(ContainmentBroken)
    assert any(OTHER.id in words for words in fact.open)
    assert "no step" in fact.reason
    assert leak.status() is IncidentStatus.OPEN
    leak.recheck(heard=heard)
    assert len(leak.history.of(ContainmentBroken)) == 1, "it is told once"


def test_after_a_person_deleted_the_new_key_it_is_contained_again() -> None:
    leak = Leak()
    before = leak.status()
    leak.set_keys(OTHER)
    leak.recheck(heard=True)
    leak.set_keys()
    assert leak.recheck(heard=True).standing is Standing.CONTAINED
    assert leak.status() is before


def test_a_key_that_was_told_of_before_is_no_news() -> None:
    leak = Leak(OTHER)
    assert leak.recheck(heard=True).standing is Standing.CONTAINED
    assert not leak.history.of(ContainmentBroken)


@pytest.mark.parametrize("error", [Retryable, AccessDenied, Refused])
@pytest.mark.parametrize("kind", [AccessKey, Denial])
def test_what_cannot_be_read_is_neither_open_nor_contained(
    kind: type[Observation], error: type[RingfenceError]
) -> None:
    leak = Leak()
    leak.cloud.unreadable = {kind: error("not shown")}
    assert leak.recheck(heard=True).standing is Standing.UNCLEAR
    assert not leak.history.of(ContainmentBroken)
