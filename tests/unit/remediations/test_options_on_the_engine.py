"""The options of isolation run beside it: whatever becomes of them, the instance is contained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.model.errors import Refused, Retryable
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.observations.ec2.network import Network
from ringfence.record.chain import ChainKey
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.step import Step

OPTIONS = ("cut-tracked-flows", "block-remote-address")
RUNBOOK = CONTAIN_INSTANCE.chosen(OPTIONS)


class World:
    """An instance that a finding with a remote address is about, and an engine with both options on."""

    def __init__(self) -> None:
        allow = AclEntry(number=100, egress=True, deny=False, protocol="-1", cidr="0.0.0.0/0")
        self.clock = Ticking()
        world = estate().with_observation(SubnetAcls((Acl("acl-1", frozenset({allow})),)))
        self.cloud, self.log = MemoryCloud(world, self.clock), MemoryLog()

    def respond(self, attempt: str) -> IncidentStatus:
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        received = finding(remote_addresses=("198.51.100.7",))
        asked = order(self.clock(), attempt=attempt, received=received, runbook=RUNBOOK)
        return Engine(ports).respond(asked).status

    @property
    def isolated(self) -> bool:
        assert self.cloud.world
        interfaces = self.cloud.world[Network].interfaces
        return all(one.groups == {QuarantineGroup(one.vpc_id)} for one in interfaces)


def failing(error: Exception) -> Callable[[Step], None]:
    def refuse(step: Step) -> None:
        if step.best_effort:
            raise error

    return refuse


def test_with_both_options_the_instance_is_contained() -> None:
    world = World()
    assert world.respond("a-1") is IncidentStatus.COMPLETE
    assert world.isolated
    names = [type(step).__name__ for step in world.cloud.calls]
    assert "OpenTransitionGroup" in names
    assert names.count("DenyAddress") == 1
    assert world.log.read(ChainKey(RUNBOOK.id, REF.key)).verified


@pytest.mark.parametrize("error", [Retryable("not now"), Refused("never")], ids=["retryable", "refused"])
def test_an_option_that_fails_is_recorded_and_not_tried_again(error: Exception) -> None:
    world = World()
    world.cloud.refuse = failing(error)
    assert world.respond("a-1") is IncidentStatus.COMPLETE
    assert world.isolated
    history = world.log.read(ChainKey(RUNBOOK.id, REF.key))
    assert history.verified
    assert any("198.51.100.7" in words for words in history.verified.refused)
    made = len(world.cloud.calls)
    world.cloud.refuse = lambda _: None
    assert world.respond("a-2") is IncidentStatus.COMPLETE
    assert len(world.cloud.calls) == made


def test_an_interface_is_never_opened_where_it_cannot_be_quarantined() -> None:
    world = World()

    def refuse(step: Step) -> None:
        if type(step).__name__ == "EmptyQuarantineGroup":
            raise Retryable("not now")

    world.cloud.refuse = refuse
    assert world.respond("a-1") is IncidentStatus.OPEN
    assert not [step for step in world.cloud.calls if isinstance(step, SetSecurityGroups)]
    world.cloud.refuse = lambda _: None
    world.clock.tick(minutes=1)
    assert world.respond("a-2") is IncidentStatus.COMPLETE
    assert world.isolated
