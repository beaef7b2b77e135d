"""Which snapshots of an instance nobody can delete, because they are locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots, describe_snapshots, read_snapshots

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_LOCKED = ("governance", "compliance", "compliance-cooloff")
"""The lock states in which a snapshot cannot be deleted."""
GONE = ("InvalidSnapshot.NotFound",)


@value
class SnapshotLocks(Observation):
    """The snapshots that are tagged with the instance, and which of them are locked.

    Attributes
    ----------
    taken : frozenset of Snapshot
        The snapshots.
    locked : frozenset of str
        The ids of those that are locked.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html
    """

    taken: frozenset[Snapshot] = frozenset()
    locked: frozenset[str] = frozenset()

    permissions: ClassVar = ec2_describes("Snapshots", "LockedSnapshots")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the snapshots, then their locks."""
        (answer,) = yield (describe_snapshots(ref.id),)
        taken = read_snapshots(answer)
        ids = sorted(one.id for one in taken)
        if not ids:
            return cls()
        (locks,) = yield (Call("ec2", "DescribeLockedSnapshots", {"SnapshotIds": ids}, expected=GONE),)
        if isinstance(locks, Failed):
            return cls(taken)
        found = accept(locks).children("Snapshots")
        return cls(
            taken,
            frozenset(one.text("SnapshotId") for one in found if one.optional_text("LockState") in _LOCKED),
        )

    def covered(self, incident: str, since: datetime) -> frozenset[str]:
        """Return the volumes of which an incident has a locked snapshot."""
        evidence = Snapshots(self.taken).evidence(incident, since)
        return frozenset(one.volume_id for one in evidence if one.id in self.locked)
