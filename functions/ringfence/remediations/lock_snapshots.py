"""Lock the snapshots of a compromised instance's volumes, so that nobody deletes the evidence.

In the governance mode, somebody with the permission to unlock snapshots can end the lock early. In the
compliance mode nobody can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.snapshot_locks import SnapshotLocks
from ringfence.observations.ec2.volumes import Volumes
from ringfence.steps.ec2.snapshot_locks import LockSnapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

MODE, DAYS = "snapshot-lock", "snapshot-lock-days"
_BILLED = "locked snapshots cannot be deleted, and are billed, until the lock ends"


@remediation(
    id="lock-snapshots",
    title="Lock the snapshots of a compromised instance's volumes",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Volumes, SnapshotLocks),
    steps=(LockSnapshots,),
    references=("NIST 800-86 4.2", "ATT&CK T1485"),
    undone_by=(RecordedCalls("ec2", ("UnlockSnapshot",)),),
    optional=True,
    cost=_BILLED,
    options=(
        Option(
            MODE,
            ("governance", "compliance"),
            "governance: somebody with the permission ec2:UnlockSnapshot can end the lock early; compliance: "
            "nobody can end it",
        ),
        Option(
            DAYS,
            ("30",),
            "the number of days for which the snapshots are locked",
            pattern=r"[1-9][0-9]{0,3}",
        ),
    ),
)
def lock_snapshots(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Lock the snapshots of all volumes without a locked snapshot of this incident."""
    covered = instance[SnapshotLocks].covered(incident.id, incident.opened_at)
    volumes = tuple(one.id for one in instance[Volumes].attached if one.id not in covered)
    if volumes:
        yield LockSnapshots(
            instance.ref.id,
            incident.id,
            incident.opened_at,
            volumes,
            incident.choice(MODE),
            int(incident.choice(DAYS)),
        )
