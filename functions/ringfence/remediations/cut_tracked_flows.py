"""End the tracked connections of a compromised instance while isolating it.

A change of security groups does not end tracked connections. Flows that a fully open group allows are not
tracked. So each interface passes through such a group, and all connections with traffic in that moment end
with the isolation. Idle connections stay tracked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.symbol import QuarantineGroup, TransitionGroup
from ringfence.observations.ec2.network import TRANSITION, Network
from ringfence.remediations.isolate_instance import isolate_instance
from ringfence.steps.ec2.network import SetSecurityGroups, groups_to_restore
from ringfence.steps.ec2.own_groups import CreateOwnGroup
from ringfence.steps.ec2.transition import RULES, OpenTransitionGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def still_tracked(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what the transition does not reach.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
    """
    yield (
        "connections that were idle during the transition, and those that are always tracked, stay open "
        "while they have traffic"
    )


@remediation(
    id="cut-tracked-flows",
    title="End the tracked connections of a compromised instance while isolating it",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Network,),
    steps=(*isolate_instance.steps, OpenTransitionGroup),
    references=("NIST 800-53 SC-7", "NIST 800-53 SC-10"),
    countermeasures=("D3-NTF",),
    optional=True,
    cost=(
        "between two changes of security groups, all traffic is allowed: for about a second, or until the "
        "retry if the function stops in between"
    ),
    residual_risk=still_tracked,
    interrupts=True,
)
def cut_tracked_flows(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Move each interface through its VPC's transition group. The plan includes the isolation.

    Without it, a run of this remediation alone would leave the instance open.
    """
    network = instance[Network]
    waiting = [one for one in network.interfaces if not one.groups & _ours(one.vpc_id)]
    for vpc_id in sorted({one.vpc_id for one in waiting}):
        yield from _prepare(network, vpc_id, instance.ref.account)
    for one in waiting:
        transition = frozenset({TransitionGroup(one.vpc_id)})
        before = groups_to_restore(network, one, incident.past)
        yield SetSecurityGroups(one.id, one.vpc_id, before, transition)
    yield from isolate_instance.plan(instance, incident)


def _ours(vpc_id: str) -> frozenset[QuarantineGroup | TransitionGroup]:
    return frozenset({QuarantineGroup(vpc_id), TransitionGroup(vpc_id)})


def _prepare(network: Network, vpc_id: str, account: str) -> Iterator[Step]:
    group = network.own(vpc_id, TRANSITION)
    if group is None:
        yield CreateOwnGroup(vpc_id, TRANSITION, network.free_name(vpc_id, TRANSITION), account)
    if group is None or group.rules < RULES:
        yield OpenTransitionGroup(vpc_id, group.rules if group else 0)
