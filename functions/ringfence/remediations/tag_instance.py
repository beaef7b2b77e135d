"""Tag a compromised instance with its incident, so that everybody can recognize it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.observations.ec2.tags import Tags
from ringfence.steps.ec2.tags import TagInstance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@remediation(
    id="tag-instance",
    title="Tag a compromised instance with its incident",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Tags,),
    steps=(TagInstance,),
    references=("NIST 800-53 IR-5", "NIST 800-61r2 3.3.2"),
)
def tag_instance(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Write the tag unless it names this incident."""
    tagged = instance[Tags].incident
    if tagged != incident.id:
        yield TagInstance(instance.ref.id, tagged, incident.id)
