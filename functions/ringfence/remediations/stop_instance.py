"""Stop a compromised instance. This ends every connection and every process at once.

It runs only after the instance is out of service in its Auto Scaling group, which would otherwise terminate
a stopped instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.auto_scaling import IN_SERVICE, Scaling
from ringfence.observations.ec2.lifecycle import RUNNING, Lifecycle
from ringfence.steps.ec2.lifecycle import SetStopProtection, StopInstance, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def still_running(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield why the instance was not stopped."""
    if instance[Lifecycle].state == RUNNING and _would_be_terminated(instance):
        yield (
            f"the instance was not stopped: Auto Scaling group {instance[Scaling].group} still has it and "
            "would terminate it"
        )
    if instance[Lifecycle].instance_store_root:
        yield "the instance was not stopped: its root volume is on an instance store"


@remediation(
    id="stop-instance",
    title="Stop a compromised instance",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Lifecycle, Scaling),
    steps=(SetStopProtection, StopInstance),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.1"),
    countermeasures=("D3-HS",),
    undone_by=(RecordedCalls("ec2", ("StartInstances",)),),
    optional=True,
    cost="the contents of memory and of instance-store volumes are lost permanently",
    residual_risk=still_running,
    interrupts=True,
)
def stop_instance(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Stop it if it runs and stopping does not terminate it."""
    lifecycle = instance[Lifecycle]
    possible = not lifecycle.instance_store_root and not _would_be_terminated(instance)
    if lifecycle.state == RUNNING and possible:
        if lifecycle.stop_protected:
            yield SetStopProtection(instance.ref.id, before=True, after=False)
        yield stop(instance.ref.id)


def _would_be_terminated(instance: ResourceState) -> bool:
    return instance[Scaling].place == IN_SERVICE
