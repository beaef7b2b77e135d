"""A deployment in memory: a desk at which operators are served, the world that it changes, and its log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.limit_resets import LimitKeeper
from ringfence.engine.pauses import home_of
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser
from ringfence.engine.run import Engine
from ringfence.engine.stopped_release import release_check
from ringfence.handlers.limits import LimitService
from ringfence.handlers.operator_api import OperatorService
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.runbook import Runbook, Stage
from ringfence.observations.ec2.network import Network
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.record.chain import ChainKey
from ringfence.remediations.isolate_instance import isolate_instance
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_containments import MemoryContainments
from tests.support.fakes.memory_limits import MemoryLimitItems
from tests.support.fakes.memory_log import MemoryLog
from tests.support.samples.runbooks import CONTAIN
from tests.support.worlds import LEASE, REF, Ticking, finding, instance, order

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.model.observation import ResourceState
    from ringfence.record.history import History

RUNBOOK = Runbook(
    "contain-instance",
    "Isolate for real, keep evidence in name only",
    InstanceRef,
    (Stage("isolate", "Isolate the instance from the network", (isolate_instance,)), CONTAIN.stages[1]),
)
KIM = "arn:aws:sts::111122223333:assumed-role/oncall/kim"
KEY = ChainKey(RUNBOOK.id, REF.key)
OTHER = InstanceRef(REF.account, REF.region, "i-0fedcba9876543210")
SETTINGS = RunbookSettings(("isolate-instance", "leave-group"), (("group", "standby"),))
POLICY = Policy((REF.account,), runbooks=((RUNBOOK.id, SETTINGS),))


class Site:
    """One instance, contained or not, or another `world` and its runbook. `roles` are those asked for.

    `sent` are the continuations that are due, `delayed` those that are not yet, with their seconds; every
    call to the outside goes through `gate`.
    """

    def __init__(
        self,
        policy: Policy = POLICY,
        *,
        direct: bool = False,
        runbook: Runbook = RUNBOOK,
        world: ResourceState | None = None,
    ) -> None:
        self.clock = Ticking()
        self.cloud = MemoryCloud(world or instance(), self.clock)
        self.log = MemoryLog()
        self.roles: list[str] = []
        self.gate: Callable[[str, Callable[[], object]], object] = lambda _, call: call()
        self.sent: list[tuple[str, str]] = []
        self.delayed: list[tuple[str, str, int]] = []
        self.listed = MemoryContainments(self.log)
        catalogue = {runbook.id: runbook}
        keeper = LimitKeeper(self.ports(""), MemoryLimitItems(self.log), home_of(REF.account))
        self.desk = OperatorService(
            catalogue,
            policy,
            self.ports,
            self.find,
            self.send,
            direct,
            self.listed,
            limits_of=None if direct else LimitService(keeper, catalogue, policy),
            opened=self.opened,
        )
        self.roles.clear()
        self._attempts = 0

    def ports(self, role: str) -> Ports:
        self.roles.append(role)
        through = Through(self.cloud, self.log, self.gate)
        return Ports(through, through, self.clock, lambda jobs: [job() for job in jobs])

    def send(self, runbook: str, message: str, seconds: int) -> None:
        def put() -> None:
            if seconds:
                self.delayed.append((runbook, message, seconds))
            else:
                self.sent.append((runbook, message))

        self.gate("send", put)

    def find(self, incident: str) -> tuple[ChainKey, ...]:
        keys = [ChainKey(*chain.split("#", 1)) for chain in self.log.chains]
        return tuple(key for key in keys if any(one.incident == incident for one in self.log.all(key)))

    def caller(self, arn: str = KIM) -> ExecutionContext:
        self._attempts += 1
        return ExecutionContext(f"call-{self._attempts}", arn, self.clock() + LEASE)

    def opened(self, since: datetime) -> list[tuple[ChainKey, str]]:
        """Return the incidents that were opened since a time, newest first."""
        del since  # they are all new
        keys = [ChainKey(*chain.split("#", 1)) for chain in self.log.chains]
        found = {(key, one.incident) for key in keys for one in self.log.all(key)}
        return sorted(found, key=lambda pair: (pair[1], pair[0].text), reverse=True)

    def go_on(self) -> None:
        """Work off the second queue."""
        waiting, self.sent = self.sent, []
        for runbook, message in waiting:
            caller = self.caller("ringfence-contain-instance")
            if check := release_check(message, runbook):
                if Releaser(self.ports("")).check(check, caller):
                    self.sent.append((runbook, message))
                continue
            self.desk.resume(runbook, message, caller)

    def wait(self) -> None:
        """Let what was delayed become due, and work it off."""
        delayed, self.delayed = self.delayed, []
        for runbook, message, seconds in delayed:
            self.clock.tick(seconds=seconds)
            self.sent.append((runbook, message))
        self.go_on()

    def contain(self, *refs: InstanceRef, runbook: Runbook = RUNBOOK) -> str:
        """Answer one finding on these instances; return its incident."""
        refs = refs or (REF,)
        received = finding(subjects=refs)
        reports = [
            Engine(self.ports("")).respond(
                replace(order(attempt=f"f-{ref.id}", received=received, runbook=runbook), ref=ref)
            )
            for ref in refs
        ]
        (incident,) = {report.incident for report in reports}
        self.clock.tick(minutes=5)
        return incident

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    def groups(self) -> list[frozenset[object]]:
        assert self.cloud.world
        return [frozenset(one.groups) for one in self.cloud.world[Network].interfaces]

    def move(self, group: str) -> None:
        """Somebody else changes the groups of the first interface."""
        assert self.cloud.world
        seen = self.cloud.world[Network]
        first, *rest = seen.interfaces
        moved = replace(first, groups=frozenset({group}))
        self.cloud.world = self.cloud.world.with_observation(replace(seen, interfaces=(moved, *rest)))
