"""Take one crash-consistent set of snapshots of a compromised instance's volumes.

A set contains the volumes that are attached at that time. A volume that is attached later gets its own set:
an additional snapshot costs little, and a volume without one may be evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.step import counted
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.snapshots import Snapshots
from ringfence.observations.ec2.volumes import Volumes
from ringfence.steps.ec2.snapshots import CreateSnapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def not_in_snapshots(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what is in no snapshot, and which snapshots are pending."""
    seen = instance[Snapshots]
    if seen.instance_store:
        yield "instance-store volumes have no snapshots; their contents are lost when the instance stops"
    yield "the contents of memory are in no snapshot and are lost when the instance stops"
    if writing := sum(one.writing for one in seen.evidence(incident.id, incident.opened_at)):
        yield f"{counted(writing, 'snapshot is')} still pending: only a later read shows a failure"
    if strange := seen.too_old(incident.id, incident.opened_at):
        count = counted(len(strange), "snapshot")
        yield (
            f"snapshots with the tag of this incident that are older than the incident: {count} "
            f"({strange[0]})"
        )


@remediation(
    id="snapshot-volumes",
    title="Take snapshots of a compromised instance's volumes",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Volumes, Snapshots),
    steps=(CreateSnapshots,),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.2", "NIST 800-86 4.2", "ATT&CK T1485"),
    undone_by=(RecordedCalls("ec2", ("DeleteSnapshot",)),),
    residual_risk=not_in_snapshots,
)
def snapshot_volumes(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Take snapshots of all volumes without a snapshot of this incident, at once."""
    volumes = instance[Volumes]
    covered = instance[Snapshots].covered(incident.id, incident.opened_at)
    missing = tuple(volume.id for volume in volumes.attached if volume.id not in covered)
    if missing:
        yield CreateSnapshots(
            instance_id=instance.ref.id,
            incident=incident.id,
            since=incident.opened_at,
            finding=incident.findings[0] if incident.findings else "",
            volumes=missing,
            without_root=any(volume.root and volume.id in covered for volume in volumes.attached),
            without=tuple(
                volume.id for volume in volumes.attached if not volume.root and volume.id in covered
            ),
        )
