"""One instance, its log, and executions on it that lose answers and look too early."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import OutcomeUnknown
from ringfence.observations.ec2.network import Network
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RunRequested
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import LEASE, REF, Ticking, instance, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.ports import AuditLog, Cloud
    from ringfence.engine.results import ResponseResult
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.record.facts import FindingReceived
    from ringfence.record.history import History

KEY = ChainKey(CONTAIN_INSTANCE.id, REF.key)
ISOLATE = CONTAIN_INSTANCE.narrowed(("isolate-instance",))


class Scene:
    """One instance, its log, and executions on it. `meets` may raise instead of a change or after it."""

    def __init__(self, runbook: Runbook = ISOLATE, world: ResourceState | None = None) -> None:
        self.runbook = runbook
        self.clock = Ticking()
        self.cloud = MemoryCloud(world or instance("vpc-1"), self.clock)
        self.log = MemoryLog()
        self.before = self.groups()
        self.lost: Callable[[Step], bool] = lambda _: False
        self.stale_after_loss = 0
        self._attempts = 0

    def gate(self, name: str, call: Callable[[], object]) -> object:
        made = len(self.cloud.calls)
        self.clock.tick(milliseconds=10)
        answer = call()
        if name == "apply" and any(map(self.lost, self.cloud.calls[made:])):
            self.lost = lambda _: False
            self.cloud.stale = self.stale_after_loss
            raise OutcomeUnknown("no answer came")
        return answer

    def ports(self, gate: Callable[..., object] | None = None) -> Ports:
        through = Through(self.cloud, self.log, gate or self.gate)
        cloud: Cloud = through
        log: AuditLog = through
        return Ports(cloud, log, self.clock, lambda jobs: [job() for job in jobs])

    def run(
        self, gate: Callable[..., object] | None = None, received: FindingReceived | None = None
    ) -> ResponseResult:
        self._attempts += 1
        given = order(self.clock(), attempt=f"a-{self._attempts}", runbook=self.runbook, received=received)
        return Engine(self.ports(gate)).respond(given)

    def asked(self) -> ResponseRelease:
        self._attempts += 1
        return ResponseRelease(
            runbook=self.runbook.id,
            ref=REF,
            incident=self.history.incident,
            attempt=f"r-{self._attempts}",
            actor="ann",
            until=self.clock() + LEASE,
            request=RunRequested("release", "false alarm"),
        )

    def release(self) -> ResponseResult:
        return Releaser(self.ports()).release(self.asked())

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    def groups(self) -> list[frozenset[object]]:
        assert self.cloud.world
        return [frozenset(one.groups) for one in self.cloud.world[Network].interfaces]

    def move(self, *groups: str) -> None:
        """Somebody else changes the groups of every interface."""
        assert self.cloud.world
        network = self.cloud.world[Network]
        moved = tuple(replace(one, groups=frozenset(groups)) for one in network.interfaces)
        self.cloud.world = self.cloud.world.with_observation(replace(network, interfaces=moved))
