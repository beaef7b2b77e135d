"""Deny all access to a compromised user or to one role session, beyond the deactivation of a key.

Sessions that were started with a key stay valid without it. If the report is about one long-term key, the
sessions issued until now are denied. Any other report about a user leaves open which credential the intruder
has, so everything is denied. Of a role, the sessions with the reported name issued until now are denied.

Each subject has its own denial, so the release of one incident never takes away the denial of another. The
denial is an inline policy. If the policies are full, a managed policy is attached instead. If that fails
too, it becomes the permissions boundary. Each failed attempt makes the next one use another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.codec import instant_text
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import PrincipalRef
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.principals import USER
from ringfence.observations.iam.reach import Reach
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.cut_off import cut_off
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.denial_ways import boundary_prevents, next_way, recorded_cut_offs
from ringfence.steps.iam.exposed_keys import is_about_one_key
from ringfence.steps.iam.undoing import DENIAL_UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.iam.principals import Holder

USER_DENY, ROLE_DENY = "user-deny", "role-deny"
_BY_REPORT, _SESSIONS, _EVERYTHING, _SESSION, _ROLE = "by-report", "sessions", "everything", "session", "role"


def wanted(principal: ResourceState, holder: Holder, incident: Incident) -> Reach:
    """Return whom the denial must reach, according to the report and the options."""
    before = cut_off(incident, recorded_cut_offs(incident.past))
    ref = principal.ref
    if holder.kind == USER:
        chosen = incident.choice(USER_DENY)
        sessions = chosen == _SESSIONS or (chosen == _BY_REPORT and is_about_one_key(principal, incident))
        return Reach(before=before) if sessions else Reach()
    if incident.choice(ROLE_DENY) == _ROLE:
        return Reach()
    unique = isinstance(ref, RoleSessionRef) and ref.of_instance
    return Reach(None if unique else before, ref.id)


def limits(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the limits of the denial.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
    """
    holder = principal[Denial].holder
    if holder is None or not holder.editable:
        return
    reach = wanted(principal, holder, incident)
    if boundary_prevents(principal, incident, reach):
        wider = f"{USER_DENY}: {_EVERYTHING}" if holder.kind == USER else f"{ROLE_DENY}: {_ROLE}"
        yield (
            f"{holder.key}: no policy could be added. Its permissions boundary "
            f"{principal[Denial].boundary} was not replaced, because a boundary that denies only these "
            f"sessions would allow everything else. The option `{wider}` replaces the boundary with one "
            "that denies everything; a release restores it"
        )
    if reach.userid:
        yield _name_limits(holder, reach)
    elif reach.before:
        yield (
            f"user {holder.name}: sessions issued after {instant_text(reach.before)} are not denied; a "
            "password and other long-term credentials still work"
        )
    yield (
        f"sessions of other roles that {holder.key} assumed stay valid until they expire; resource-based "
        "policies do not bypass the denial; IAM needs some time to propagate it"
    )


def _name_limits(holder: Holder, reach: Reach) -> str:
    name = reach.userid.partition(":")[2]
    if not reach.before:
        return f"role {holder.name}: everybody who may assume the role can start a session with another name"
    return (
        f"role {holder.name}: only sessions named {name} that were issued before "
        f"{instant_text(reach.before)} are denied, also those of other people; everybody who may assume "
        "the role can start a new session with this name or another one"
    )


def open_sessions(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that sessions are not denied."""
    if Denial in principal.unread:
        yield "what is denied could not be read, so sessions of the principal may be valid"
        return
    seen = principal[Denial]
    if seen.holder is None:
        return
    reach = wanted(principal, seen.holder, incident)
    if not seen.covers(reach):
        yield f"{seen.holder.key} is not denied {reach.words()}"


def not_editable(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must do about roles that nobody in the account can edit.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/revoke-user-permissions.html
    """
    seen = principal[Denial]
    if seen.holder is None or seen.holder.editable:
        return
    if seen.covers(wanted(principal, seen.holder, incident)):
        return
    yield (
        f"{seen.holder.key} belongs to AWS and cannot be edited: nothing was denied. {_instead(seen.holder)}"
    )


def _instead(holder: Holder) -> str:
    if holder.path.startswith("/aws-reserved/"):
        return (
            "A person must contain it in IAM Identity Center: delete the user's sessions, disable the "
            "user, and deny the sessions of the permission set with a service control policy until they "
            "expire"
        )
    return (
        "It is linked to a service: a person must check the service that uses it; only a policy of that "
        "service can stop its actions"
    )


def scopes(principal: ResourceState) -> Iterator[str]:
    """Yield the role of a session as a scope of limits."""
    ref = principal.ref
    if isinstance(ref, RoleSessionRef) and ref.role:
        yield f"role/{ref.account}/{ref.role}"


@remediation(
    id="deny-principal",
    title="Deny all access to the sessions of a compromised user or to a role session",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(Denial,),
    steps=(PutDenial, CreateDenialPolicy, AttachDenial, SetDenyBoundary),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-2(13)", "NIST 800-53 AC-12", "ATT&CK T1550.001"),
    countermeasures=("D3-ANCI",),
    undone_by=DENIAL_UNDONE,
    options=(
        Option(
            USER_DENY,
            (_BY_REPORT, _SESSIONS, _EVERYTHING),
            "by-report: sessions if the report is about one long-term key, else everything; sessions: deny "
            "sessions issued until the denial; other keys, the password and new sessions of the user work; "
            "everything: deny all calls of the user with any credential. If no policy can be added, only "
            "`everything` replaces the permissions boundary; the old boundary is recorded",
        ),
        Option(
            ROLE_DENY,
            (_SESSION, _ROLE),
            "session: deny only sessions with the reported name that were issued until the denial; role: "
            "deny every session of the role, so that all workloads with this role stop. If no policy can be "
            "added, only `role` replaces the permissions boundary; the old boundary is recorded",
        ),
    ),
    residual_risk=limits,
    needs_review=not_editable,
    open_access=open_sessions,
    interrupts=True,
    scopes=scopes,
)
def deny_principal(principal: ResourceState, incident: Incident) -> Iterator[Step]:
    """Deny unless the subject's own denial exists. A denial with a larger reach stays, whatever its time."""
    seen = principal[Denial]
    if seen.holder is None or not seen.holder.editable:
        return
    reach = wanted(principal, seen.holder, incident)
    if not seen.covers(reach, seen.own(principal.ref, incident.past)):
        yield from next_way(principal, incident, reach)
