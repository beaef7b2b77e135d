"""Revoke sessions of the roles that a compromised principal used, if issued before the revocation.

For a role session this is its role, whose other sessions may also be the intruder's. For a user or a key
these are the roles it assumed since it was first seen: a denial of the user does not affect their sessions.
It affects all users of these roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.remediation import remediation
from ringfence.model.subject import PrincipalRef
from ringfence.observations.iam.revocations import holder_of
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.steps.iam.cut_off import cut_off, is_over
from ringfence.steps.iam.ended_revocations import OF_USED_ROLE, make_space
from ringfence.steps.iam.role_sessions import holders, recorded_revocations
from ringfence.steps.iam.undoing import ROLE_DENIAL_UNDONE
from ringfence.steps.iam.used_roles import AllowUsedRole, RevokeUsedRole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.iam.identity import Role
    from ringfence.observations.iam.revocations import Revocation
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
    for one in principal[UsedRoles].roles:
        used = one.assumed_at is None or one.assumed_at >= incident.first_seen
        known = _recorded(one.use.role, incident)
        covered = one.use.covers(_instant(known, incident), holders(principal.ref, known))
        if used and not covered and not is_over(known, incident):
            yield one.use


def _recorded(role: Role, incident: Incident) -> tuple[Revocation, ...]:
    return recorded_revocations(incident.past, role, RevokeUsedRole, AllowUsedRole)


def _instant(recorded: tuple[Revocation, ...], incident: Incident) -> datetime:
    return cut_off(incident, (one.instant for one in recorded))


@remediation(
    id="revoke-used-roles",
    title="Revoke all older sessions of the roles that a compromised principal used",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(UsedRoles,),
    steps=(RevokeUsedRole, *OF_USED_ROLE),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-12", "ATT&CK T1550.001"),
    countermeasures=("D3-ANCI",),
    undone_by=ROLE_DENIAL_UNDONE,
    optional=True,
    cost=(
        "all users of these roles fail until they get new credentials: instances, functions, tasks and people"
    ),
    residual_risk=not_revoked,
    interrupts=True,
)
def revoke_used_roles(principal: ResourceState, incident: Incident) -> Iterator[Step]:
    """Revoke sessions issued before the revocation, unless a later one of this incident includes them."""
    for use in _uncovered(principal, incident):
        if use.role.editable:
            yield from make_space(OF_USED_ROLE, use, incident.applying_at)
            instant = _instant(_recorded(use.role, incident), incident)
            holder = holder_of(principal.ref)
            yield RevokeUsedRole(use.role, instant, use.others, before=False, after=True, holder=holder)
