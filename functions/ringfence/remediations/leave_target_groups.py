"""Deregister a compromised instance from every target group, so that load balancers send it no requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.step import counted
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.target_groups import Targets
from ringfence.steps.ec2.target_groups import DeregisterTargets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def unread(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield the number of target groups that were not read."""
    if count := instance[Targets].unread:
        yield (
            f"{counted(count, 'target group was')} not read: the instance may be registered in one of them"
        )
    if count := instance[Targets].elsewhere:
        yield (
            f"{counted(count, 'target group')} of addresses in other VPCs: not read. If one of these VPCs is "
            "peered with the instance's, its load balancer can still send requests to the instance's address"
        )


@remediation(
    id="leave-target-groups",
    title="Deregister a compromised instance from its target groups",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Targets,),
    steps=(DeregisterTargets,),
    references=("NIST 800-53 IR-4", "NIST 800-53 SC-7"),
    countermeasures=("D3-ITF",),
    undone_by=(RecordedCalls("elasticloadbalancing", ("RegisterTargets",)),),
    residual_risk=unread,
    interrupts=True,
)
def leave_target_groups(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Deregister every target of the instance, except those that are draining."""
    for registration in instance[Targets].registrations:
        if registration.targets:
            yield DeregisterTargets(registration.group, registration.targets, frozenset())
