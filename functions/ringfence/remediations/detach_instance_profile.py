"""Detach the profile of a compromised instance, so that it gets no new credentials of its role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.iam.identity import ASSOCIATED, Identity
from ringfence.steps.ec2.instance_profile import DetachInstanceProfile, detach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@remediation(
    id="detach-instance-profile",
    title="Detach a compromised instance's profile",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Identity,),
    steps=(DetachInstanceProfile,),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-2(13)", "ATT&CK T1552.005"),
    countermeasures=("D3-CTS",),
    undone_by=(
        RecordedCalls(
            "ec2",
            (
                "AssociateIamInstanceProfile",
                "ReplaceIamInstanceProfileAssociation",
            ),
        ),
    ),
    interrupts=True,
)
def detach_instance_profile(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Remove the association. One that is changing is read again."""
    for association in instance[Identity].associations:
        if association.state == ASSOCIATED:
            yield detach(instance.ref.id, association)
