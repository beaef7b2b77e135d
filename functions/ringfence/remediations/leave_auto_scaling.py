"""Remove a compromised instance from its Auto Scaling group before the group terminates it.

An isolated instance fails the group's health checks, and the group then terminates it despite other
protections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.auto_scaling import IN_SERVICE, STANDBY, Scaling
from ringfence.steps.ec2.auto_scaling import DetachFromGroup, EnterStandby, leave

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

WAY, CAPACITY = "auto-scaling", "auto-scaling-capacity"
_DETACH, _STANDBY = "detach", "standby"
_REPLACE, _REDUCE = "replace", "reduce"


def still_owned(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield when the group can still terminate the instance."""
    scaling = instance[Scaling]
    if scaling.place == STANDBY:
        yield (
            f"the instance is on standby in Auto Scaling group {scaling.group}: deleting or refreshing "
            "the group can still terminate it"
        )
    if scaling.state.startswith("Terminating"):
        yield f"Auto Scaling group {scaling.group} is terminating the instance"


@remediation(
    id="leave-auto-scaling",
    title="Remove a compromised instance from its Auto Scaling group",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Scaling,),
    steps=(DetachFromGroup, EnterStandby),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.2", "ATT&CK T1578.003"),
    undone_by=(
        RecordedCalls(
            "autoscaling",
            (
                "AttachInstances",
                "ExitStandby",
            ),
        ),
    ),
    options=(
        Option(
            WAY,
            (_DETACH, _STANDBY),
            "detach: the group no longer owns the instance, which is safest for the evidence; standby: "
            "the group still owns it, which is easiest to undo, but deleting or refreshing the group "
            "terminates it",
        ),
        Option(
            CAPACITY,
            (_REPLACE, _REDUCE),
            "replace: the group keeps its desired capacity and launches a replacement; a release raises the "
            "desired capacity by one, and is refused at the maximum size; reduce: the desired capacity is "
            "lowered by one, and a group at its minimum size launches a replacement all the same",
        ),
    ),
    residual_risk=still_owned,
    interrupts=True,
)
def leave_auto_scaling(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Leave the group if the instance is in service. An instance on standby stays on standby."""
    scaling = instance[Scaling]
    if scaling.place == IN_SERVICE and not scaling.passing:
        standby, replaces = incident.choice(WAY) == _STANDBY, incident.choice(CAPACITY) == _REPLACE
        yield leave(instance.ref.id, scaling, standby=standby, replaces=replaces)
