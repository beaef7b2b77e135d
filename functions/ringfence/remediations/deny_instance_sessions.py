"""Deny all access to a compromised instance's sessions of its role, and to no other session.

Issued credentials stay valid for hours after the profile is detached. `aws:userid` of an instance's session
consists of the ids of the role and the instance, so other instances with the role are not affected.

Each instance has its own inline policy on the role. If the role's inline policies are full, denials of other
instances whose time is over are removed, and a managed policy is attached instead. If IAM refuses this one as
well, a person is notified. A permissions boundary is never set, because all instances with the role share it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.observations.iam.identity import Identity
from ringfence.observations.iam.instance_denials import InstanceDenial, in_order
from ringfence.steps.iam.instance_sessions import (
    AttachInstanceDenial,
    DenyInstanceSessions,
    EndInstanceDenial,
)
from ringfence.steps.iam.undoing import INSTANCE_DENIAL_UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.iam.identity import HeldRole, Role

KEPT = timedelta(days=7)
"""How long a denial is kept at least. No temporary credentials of AWS are valid for longer than 36 hours.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""


def still_valid(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield the roles that cannot be edited, and the limits of the denial.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    for held in instance[Identity].roles:
        if not held.role.editable and not held.denies(instance.ref.id):
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


def without_space(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the roles that have space for no denial, and what a person can do.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    for held in instance[Identity].roles:
        if held.denies(instance.ref.id):
            continue
        if all(_refusals(incident, kind, held.role) for kind in (DenyInstanceSessions, AttachInstanceDenial)):
            yield (
                f"role {held.role.name} has no space for another inline or managed policy, so the sessions "
                f"of {instance.ref.id} stay valid until they expire. A person must delete or detach a policy "
                "of the role, or request an increase of the quota of managed policies, and start the run "
                "again"
            )


@remediation(
    id="deny-instance-sessions",
    title="Deny all access to a compromised instance's role sessions",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Identity,),
    steps=(DenyInstanceSessions, AttachInstanceDenial, EndInstanceDenial),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-2(13)", "ATT&CK T1552.005"),
    countermeasures=("D3-ANCI",),
    undone_by=INSTANCE_DENIAL_UNDONE,
    residual_risk=still_valid,
    needs_review=without_space,
    interrupts=True,
)
def deny_instance_sessions(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Deny the instance each role that it has or had, by the way that was refused the least."""
    ref = instance.ref
    for held in instance[Identity].roles:
        if not held.role.editable or held.denies(ref.id):
            continue
        until = kept_until(incident, held.role)
        inline = _refusals(incident, DenyInstanceSessions, held.role)
        if inline:
            yield from _ended(ref.account, held, incident)
        if inline <= _refusals(incident, AttachInstanceDenial, held.role):
            yield DenyInstanceSessions(ref.id, held.role, before=False, after=True, until=until)
        else:
            arn = InstanceDenial(ref.id, until, managed=True).arn(ref.account, held.role)
            yield AttachInstanceDenial(ref.id, held.role, arn, before=False, after=True, until=until)


def kept_until(incident: Incident, role: Role) -> datetime:
    """Return until when the denial is kept, in whole hours. The first recorded step fixes it."""
    recorded = (one.until for one in _denials(incident.past, role) if one.until)
    hour = incident.applying_at.replace(minute=0, second=0, microsecond=0)
    return next(recorded, hour + KEPT)


def _refusals(incident: Incident, kind: type[Step], role: Role) -> int:
    return sum(1 for one in _denials(incident.refused, role) if isinstance(one, kind))


def _denials(steps: Iterable[Step], role: Role) -> Iterator[DenyInstanceSessions | AttachInstanceDenial]:
    for one in steps:
        if isinstance(one, DenyInstanceSessions | AttachInstanceDenial) and one.role.id == role.id:
            yield one


def _ended(account: str, held: HeldRole, incident: Incident) -> Iterator[Step]:
    """Remove the denials whose time is over. They are looked at only if the role has no space."""
    for one in in_order(held.denials):
        if one.is_over(incident.applying_at):
            policy = one.arn(account, held.role) if one.managed else one.inline_name
            yield EndInstanceDenial(held.role, policy, one)
