"""Locking the snapshots of an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Retryable
from ringfence.model.step import Done, State, Step, counted
from ringfence.model.symbol import Ready, Symbol
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.snapshot_locks import GONE, SnapshotLocks
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots, describe_snapshots, read_snapshots
from ringfence.steps.ec2.lifecycle import EVIDENCE

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("UnsupportedOperation", "OperationNotPermitted")


@value
class LockSnapshots(Step):
    """Lock the snapshots that an incident has of some volumes. Until the lock ends, nobody can delete them.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    incident : str
        The id of the incident: the tag of the snapshots.
    since : datetime
        The start of the incident, in UTC.
    volumes : tuple of str
        The volumes.
    mode : str
        `governance` or `compliance`.
    days : int
        How long the lock lasts.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html
    """

    instance_id: str
    incident: str
    since: datetime
    volumes: tuple[str, ...]
    mode: str
    days: int

    observation: ClassVar = SnapshotLocks
    permissions: ClassVar = (
        *ec2_describes("Snapshots"),
        Permission("ec2:LockSnapshot", ("arn:aws:ec2:{region}::snapshot/*",)),
    )
    irreversible: ClassVar = "evidence is kept"

    @property
    def target(self) -> str:
        """The snapshots of these volumes."""
        return f"instance/{self.instance_id}/snapshot-locks/{'+'.join(self.volumes)}"

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """The snapshots."""
        return (Ready(EVIDENCE, self.instance_id),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Find the snapshots by their tags, which a new one may not show yet, and lock each.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html
        """
        (looked,) = yield (describe_snapshots(self.instance_id),)
        evidence = Snapshots(read_snapshots(looked)).evidence(self.incident, self.since)
        found = sorted(one.id for one in evidence if one.volume_id in self.volumes)
        if not found:
            raise Retryable("the snapshots are not shown yet")
        answers = yield tuple(self._lock(one) for one in found)
        for answer in answers:
            accept(answer, not_found=GONE, refused=_REFUSED)
        return Done(note=", ".join(found))

    def _lock(self, snapshot: str) -> Call:
        parameters = {"SnapshotId": snapshot, "LockMode": self.mode, "LockDuration": self.days}
        return Call("ec2", "LockSnapshot", parameters, expected=(*GONE, *_REFUSED))

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if each volume has a locked snapshot."""
        covered = observed[SnapshotLocks].covered(self.incident, self.since)
        return State.AFTER if covered.issuperset(self.volumes) else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Lock the snapshots of each volume. One that the plan has yet to take is not seen yet."""
        seen = observed[SnapshotLocks]
        covered = Snapshots(seen.taken).covered(self.incident, self.since)
        taken = seen.taken | {
            Snapshot(f"snap-of-{volume}", volume, self.incident, writing=True, started=self.since)
            for volume in self.volumes
            if volume not in covered
        }
        wanted = Snapshots(taken).evidence(self.incident, self.since)
        locked = {one.id for one in wanted if one.volume_id in self.volumes}
        return observed.with_observation(replace(seen, taken=taken, locked=seen.locked | locked))

    def describe(self) -> str:
        """Describe the change."""
        long = counted(self.days, "day")
        return f"lock the snapshots of {', '.join(self.volumes)} for {long} in {self.mode} mode"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "not locked", f"locked for {counted(self.days, 'day')}, {self.mode}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return "the snapshots cannot be deleted, and are billed, until the lock ends"
