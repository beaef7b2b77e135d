"""Keep the volumes of a compromised instance when it is terminated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.observations.ec2.volumes import Volumes
from ringfence.steps.ec2.volumes import SetDeleteOnTermination

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@remediation(
    id="keep-volumes",
    title="Keep a compromised instance's volumes when it is terminated",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Volumes,),
    steps=(SetDeleteOnTermination,),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.2", "ATT&CK T1485"),
)
def keep_volumes(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Keep each volume that would be deleted with the instance."""
    for volume in instance[Volumes].attached:
        if volume.ends_with_instance:
            yield SetDeleteOnTermination(instance.ref.id, volume.id, volume.device, before=True, after=False)
