"""Deny all access to a compromised instance's sessions of its role, and to no other session.

Issued credentials stay valid for hours after the profile is detached. `aws:userid` of an instance's session
consists of the ids of the role and the instance, so other instances with the role are not affected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.observations.iam.identity import Identity
from ringfence.steps.iam.instance_sessions import DenyInstanceSessions
from ringfence.steps.iam.undoing import ROLE_DENIAL_UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def still_valid(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield the roles that cannot be edited, and the limits of the denial.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    for held in instance[Identity].roles:
        if not held.role.editable and not held.denied:
            yield (
                f"role {held.role.name} belongs to AWS and cannot be edited: the instance's credentials "
                "for it stay valid until they expire"
            )
    if instance[Identity].roles:
        yield (
            "sessions of other roles that were assumed with the instance's credentials stay valid until "
            "they expire; so do presigned URLs, and connections that a service authenticates only at "
            "their start"
        )


@remediation(
    id="deny-instance-sessions",
    title="Deny all access to a compromised instance's role sessions",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Identity,),
    steps=(DenyInstanceSessions,),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-2(13)", "D3FEND D3-ANCI", "ATT&CK T1552.005"),
    undone_by=ROLE_DENIAL_UNDONE,
    residual_risk=still_valid,
)
def deny_instance_sessions(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Deny the instance each role that it has or had."""
    for held in instance[Identity].roles:
        if held.role.editable and not held.denied:
            yield DenyInstanceSessions(instance.ref.id, held.role, before=False, after=True)
