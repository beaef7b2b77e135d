"""Turn off the metadata service of a compromised instance, so that no software can fetch credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.metadata import DISABLED, Metadata
from ringfence.steps.ec2.metadata import SetMetadataOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@remediation(
    id="disable-metadata",
    title="Turn off the metadata service of a compromised instance",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Metadata,),
    steps=(SetMetadataOptions,),
    references=("NIST 800-53 IR-4", "NIST 800-53 CM-7", "ATT&CK T1552.005"),
    countermeasures=("D3-CTS",),
    undone_by=(RecordedCalls("ec2", ("ModifyInstanceMetadataOptions",)),),
    optional=True,
    cost="software on the instance that reads the metadata service stops working: agents, SDKs, scripts",
    interrupts=True,
)
def disable_metadata(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Disable the endpoint and keep all other options."""
    options = instance[Metadata].options
    if options.endpoint != DISABLED:
        yield SetMetadataOptions(instance.ref.id, options, replace(options, endpoint=DISABLED))
