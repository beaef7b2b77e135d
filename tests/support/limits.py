"""Instances in groups, VPCs and accounts, which one engine contains while a policy limits it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.model.errors import OutcomeUnknown
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.placement import GroupSize, RoleSize
from ringfence.policy.limits import NO_LIMITS, Limit, Limits
from ringfence.record.chain import ChainKey, Members
from ringfence.record.notices import notice
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import AUTO, REF, Ticking, estate, finding, network, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.results import ResponseResult
    from ringfence.model.kinds.instance import InstanceRef
    from ringfence.record.history import History

    Gate = Callable[[str, Callable[[], object]], object]

ROUNDS = 8
"""How often a message comes back at most because an answer was lost."""
RUNBOOK = CONTAIN_INSTANCE.chosen(())


def only(scope: str, hour: int = 0, day: int = 0, share: int = 0, **more: tuple[Limit, ...]) -> Limits:
    """Return the limits of a policy that limits one scope."""
    return replace(NO_LIMITS, ordinary=(Limit(scope, hour, day, share),), **more)


@dataclass
class Fleet:
    """Instances, one log, one clock. Each response is to the finding of a moment.

    `sizes` are those of Auto Scaling groups and of roles, as far as they can be read. `profile` and `cluster`
    are those of every instance. `targets` are the target groups of every instance, with their sizes. None:
    nobody has read them.
    """

    limits: Limits
    clock: Ticking = field(default_factory=Ticking)
    log: MemoryLog = field(default_factory=MemoryLog)
    clouds: dict[InstanceRef, MemoryCloud] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    profile: str = ""
    cluster: str = ""
    targets: dict[str, int] | None = None
    chaos: Chaos | None = None

    def break_out(self, seed: int) -> None:
        """From now on answers are lost, looks are stale and each call takes time."""
        self.chaos = Chaos.of_lost_answers(seed, self.clock)

    def heard(self, respond: Callable[..., object]) -> None:
        """Respond to a finding, and to its message that comes back if an answer was lost."""
        for _ in range(ROUNDS if self.chaos else 1):
            try:
                respond(gate=self.chaos)
            except OutcomeUnknown:
                assert self.chaos
                self.clock.tick(seconds=30)
            else:
                return

    def ref(self, number: int, account: str = REF.account) -> InstanceRef:
        """Return an instance."""
        return replace(REF, id=f"i-{number:017x}", account=account)

    def cloud(
        self, number: int, *, group: str = "", vpc: str = "vpc-1", account: str = REF.account
    ) -> MemoryCloud:
        """Return an instance's world."""
        ref = self.ref(number, account)
        world = ResourceState(ref, estate().observations).with_observation(network(vpc))
        world = world.with_observation(Host(group=group, cluster=self.cluster, profile=self.profile))
        for name, kind in ((group, GroupSize), (self.profile, RoleSize)):
            if name and (size := self.sizes.get(name)):
                world = world.with_observation(kind(size))
        cloud = self.clouds.setdefault(ref, MemoryCloud(world, self.clock))
        if self.chaos:
            cloud.lag = self.chaos.lag
        return cloud

    def respond(
        self,
        number: int,
        *,
        group: str = "",
        vpc: str = "vpc-1",
        account: str = REF.account,
        severity: float = 8.0,
        attempt: str = "",
        limits: Limits | None = None,
        gate: Gate | None = None,
    ) -> ResponseResult:
        """Respond to a finding about an instance."""
        ref, cloud = self.ref(number, account), self.cloud(number, group=group, vpc=vpc, account=account)
        if self.targets is not None:
            key = ChainKey(RUNBOOK.id, ref.key)
            self.log.members[key.text] = Members(tuple(self.targets.items()), self.clock())
        through = Through(cloud, self.log, gate or _at_once)
        engine = Engine(Ports(through, through, self.clock, lambda jobs: [job() for job in jobs]))
        received = finding(
            f"f-{number}-{self.clock()}",
            subjects=(ref,),
            updated=self.clock(),
            severity=severity,
            account=account,
        )
        given = order(
            self.clock(),
            attempt=attempt or f"a-{number}-{self.clock().timestamp()}",
            received=received,
            runbook=RUNBOOK,
            stages=1,
            decision=AUTO,
        )
        return engine.respond(replace(given, ref=ref, limits=limits or self.limits))

    def isolated(self) -> frozenset[str]:
        """Return the instances that were isolated."""
        return frozenset(ref.id for ref, cloud in self.clouds.items() if _isolates(cloud))

    def history(self, number: int, account: str = REF.account) -> History:
        """Return the newest incident of an instance."""
        return self.log.read(ChainKey(RUNBOOK.id, self.ref(number, account).key))

    def told(self, number: int) -> tuple[str, ...]:
        """Return the subjects and texts of the notices about an instance."""
        entries = self.history(number).entries
        found = (notice(entries[: count + 1]) for count in range(len(entries)))
        return tuple(f"{one.subject}\n{one.text}" for one in found if one)


def _at_once(_: str, function: Callable[[], object]) -> object:
    return function()


def _isolates(cloud: MemoryCloud) -> bool:
    return any(isinstance(step, SetSecurityGroups) for step in cloud.calls)
