"""Revoke sessions of the roles that a compromised principal used, if issued before the incident.

For a role session this is its role, whose other sessions may also be the intruder's. For a user or a key
these are the roles it assumed since it was first seen: a denial of the user does not affect their sessions.
It affects all users of these roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.remediation import remediation
from ringfence.model.subject import PrincipalRef
from ringfence.observations.iam.role_sessions import whole_second
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.steps.iam.undoing import ROLE_DENIAL_UNDONE
from ringfence.steps.iam.used_roles import RevokeUsedRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.iam.role_sessions import RoleUse


def not_revoked(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the roles that cannot be edited here."""
    for use in _uncovered(principal, incident):
        if not use.role.editable:
            yield f"role {use.role.name} belongs to AWS and cannot be edited: its older sessions stay valid"
    for arn in principal[UsedRoles].elsewhere:
        yield (
            f"role {arn} was also assumed, and Ringfence cannot change it: its sessions stay valid until "
            "they expire"
        )


def _uncovered(principal: ResourceState, incident: Incident) -> Iterator[RoleUse]:
    """Yield the roles that were used since the first activity and whose older sessions are not revoked."""
    instant = whole_second(incident.opened_at)
    for one in principal[UsedRoles].roles:
        used = one.assumed_at is None or one.assumed_at >= incident.first_seen
        if used and not one.use.covers(instant):
            yield one.use


@remediation(
    id="revoke-used-roles",
    title="Revoke all older sessions of the roles that a compromised principal used",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(UsedRoles,),
    steps=(RevokeUsedRole,),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-12", "D3FEND D3-ANCI", "ATT&CK T1550.001"),
    undone_by=ROLE_DENIAL_UNDONE,
    optional=True,
    cost=(
        "all users of these roles fail until they get new credentials: instances, functions, tasks and people"
    ),
    residual_risk=not_revoked,
)
def revoke_used_roles(principal: ResourceState, incident: Incident) -> Iterator[Step]:
    """Revoke sessions issued before the time of the incident, unless a later revocation includes them."""
    instant = whole_second(incident.opened_at)
    for use in _uncovered(principal, incident):
        if use.role.editable:
            yield RevokeUsedRole(use.role, instant, use.others, before=False, after=True)
