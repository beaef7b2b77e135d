"""Attach the profile for Session Manager to an instance without a profile.

The profile and its role are both called `ringfence-ssm`, without a path. The account's owner creates them.
An existing profile is never replaced, and an instance that may be compromised gets none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import judged_by
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.observations.ec2.management import NAME, Management
from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import INCIDENT_TAG, Tags
from ringfence.steps.ec2.management_profile import AttachManagementProfile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def what_stands_in_the_way(instance: ResourceState) -> Iterator[str]:
    """Yield why no profile is attached."""
    if instance[Tags].incident is not None:
        yield f"the instance has the tag {INCIDENT_TAG}: an instance that may be compromised gets no profile"
    if _is_isolated(instance[Network]):
        yield "the instance is in a quarantine group: an instance that may be compromised gets no profile"
    if instance[Management].offered is None:
        yield (
            f"there is no instance profile {NAME} to attach: create it with a role {NAME}, both without a "
            "path; EC2 must be able to assume the role, and the role must have the managed policy "
            "AmazonSSMManagedInstanceCore (docs/session-manager.md has the commands)"
        )


def what_remains(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what prevents the management of the instance, and what launches the next one."""
    management = instance[Management]
    for one in management.associations:
        if management.offered is None or one.profile.arn != management.offered.arn:
            yield (
                f"the instance has instance profile {one.profile.name}, which is not replaced: check that "
                "its role has the permissions of AmazonSSMManagedInstanceCore, and that SSM Agent runs and "
                "reaches Systems Manager"
            )
    if not management.associations:
        yield from what_stands_in_the_way(instance)
    if words := instance[Origin].next_one("specify an instance profile"):
        yield words


@remediation(
    id="attach-management-profile",
    title="Attach the profile for Session Manager to an instance without a profile",
    subject=InstanceRef,
    triggers=(judged_by("ec2-instance-managed-by-systems-manager"),),
    observations=(Management, Tags, Network, Origin),
    steps=(AttachManagementProfile,),
    references=("NIST 800-53 MA-4",),
    controls=("managed-instances",),
    residual_risk=what_remains,
)
def attach_management_profile(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Attach the profile if there is none and no doubt."""
    management = instance[Management]
    if management.offered and not management.associations and not any(what_stands_in_the_way(instance)):
        yield AttachManagementProfile(instance.ref.id, None, management.offered)


def _is_isolated(network: Network) -> bool:
    """Return whether an interface is in a group of Ringfence, whatever its rules are."""
    ours = {*network.names(), *(group.id for group in network.groups)}
    return any(not ours.isdisjoint(interface.groups) for interface in network.interfaces)
