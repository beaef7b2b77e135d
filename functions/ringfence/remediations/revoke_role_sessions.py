"""Revoke all sessions of a compromised instance's role that were issued before the revocation.

This is for credentials that may be in use elsewhere with other session names. It affects all users of the
role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.observations.iam.revocations import holder_of
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.steps.iam.cut_off import cut_off, is_over
from ringfence.steps.iam.ended_revocations import OF_INSTANCE, make_space
from ringfence.steps.iam.role_sessions import (
    AllowRoleSessions,
    RevokeRoleSessions,
    holders,
    recorded_revocations,
)
from ringfence.steps.iam.undoing import ROLE_DENIAL_UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.iam.identity import Role
    from ringfence.observations.iam.revocations import Revocation


def not_revoked(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the roles that cannot be edited."""
    for use in instance[RoleSessions].roles:
        known = _recorded(use.role, incident)
        covered = use.covers(_instant(known, incident), holders(instance.ref, known)) or is_over(
            known, incident
        )
        if not use.role.editable and not covered:
            yield f"role {use.role.name} belongs to AWS and cannot be edited: its older sessions stay valid"


def _recorded(role: Role, incident: Incident) -> tuple[Revocation, ...]:
    return recorded_revocations(incident.past, role, RevokeRoleSessions, AllowRoleSessions)


def _instant(recorded: tuple[Revocation, ...], incident: Incident) -> datetime:
    return cut_off(incident, (one.instant for one in recorded))


@remediation(
    id="revoke-role-sessions",
    title="Revoke all older sessions of a compromised instance's role",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(RoleSessions,),
    steps=(RevokeRoleSessions, *OF_INSTANCE),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-12", "ATT&CK T1550.001"),
    countermeasures=("D3-ANCI",),
    undone_by=ROLE_DENIAL_UNDONE,
    optional=True,
    cost="all users of the role fail until they get new credentials: other instances, functions and people",
    residual_risk=not_revoked,
    interrupts=True,
)
def revoke_role_sessions(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Revoke sessions issued before the revocation, unless a later one of this incident includes them."""
    for use in instance[RoleSessions].roles:
        known = _recorded(use.role, incident)
        instant = _instant(known, incident)
        covered = use.covers(instant, holders(instance.ref, known)) or is_over(known, incident)
        if use.role.editable and not covered:
            yield from make_space(OF_INSTANCE, use, incident.applying_at)
            holder = holder_of(instance.ref)
            yield RevokeRoleSessions(use.role, instant, use.others, before=False, after=True, holder=holder)
