"""Deny all access to a compromised user or to one role session, beyond the deactivation of a key.

Sessions that were started with a key stay valid without it. By default, a user's sessions issued before the
incident are denied, and the user's other access works. Of a role only the named session is denied.

The denial is an inline policy with a fixed name. If the policies are full, a managed policy is attached
instead. If that fails too, it becomes the permissions boundary. Each failed attempt makes the next one use
another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import PrincipalRef
from ringfence.observations.iam.denial import Denial, inline_name, own_arn
from ringfence.observations.iam.principals import USER
from ringfence.observations.iam.reach import DENY_ALL, Reach
from ringfence.observations.iam.role_sessions import whole_second
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.undoing import DENIAL_UNDONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.observations.iam.principals import Holder

USER_DENY, ROLE_DENY = "user-deny", "role-deny"
_SESSIONS, _EVERYTHING, _SESSION, _ROLE = "sessions", "everything", "session", "role"


def wanted(ref: Ref, holder: Holder, incident: Incident) -> Reach:
    """Return whom the denial must reach, according to the options."""
    if holder.kind == USER:
        everything = incident.choice(USER_DENY) == _EVERYTHING
        return Reach() if everything else Reach(before=whole_second(incident.opened_at))
    return Reach() if incident.choice(ROLE_DENY) == _ROLE else Reach(userid=ref.id)


def not_denied(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the limits of the denial.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
    """
    holder = principal[Denial].holder
    if holder is None or not holder.editable:
        return
    reach = wanted(principal.ref, holder, incident)
    if _bounded(principal, incident):
        wider = f"{USER_DENY}: {_EVERYTHING}" if holder.kind == USER else f"{ROLE_DENY}: {_ROLE}"
        yield (
            f"{holder.key}: no policy could be added. Its permissions boundary "
            f"{principal[Denial].boundary} was not replaced, because a boundary that denies only these "
            f"sessions would allow everything else. The option `{wider}` replaces the boundary with one "
            "that denies everything; a release restores it"
        )
    if reach.before:
        yield (
            f"user {holder.name}: sessions issued after the time of the incident are not denied; a "
            "password and other long-term credentials still work"
        )
    if reach.userid:
        yield f"role {holder.name}: everybody who may assume the role can start a new session"
    yield (
        f"sessions of other roles that {holder.key} assumed stay valid until they expire; resource-based "
        "policies do not bypass the denial; IAM needs some time to propagate it"
    )


def _bounded(principal: ResourceState, incident: Incident) -> bool:
    """Return whether every other way failed and the existing boundary prevents the last one."""
    seen, ref = principal[Denial], principal.ref
    if seen.holder is None or not seen.boundary:
        return False
    reach = wanted(ref, seen.holder, incident)
    ways = _ways(seen, seen.holder, reach, ref.account)
    return not reach.everything and not seen.covers(reach) and all(_tries(way, incident) for way in ways)


def not_editable(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must do about roles that nobody in the account can edit.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/revoke-user-permissions.html
    """
    seen = principal[Denial]
    if seen.holder is None or seen.holder.editable:
        return
    if seen.covers(wanted(principal.ref, seen.holder, incident)):
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


@remediation(
    id="deny-principal",
    title="Deny all access to the sessions of a compromised user or to a role session",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(Denial,),
    steps=(PutDenial, CreateDenialPolicy, AttachDenial, SetDenyBoundary),
    references=(
        "NIST 800-53 IR-4",
        "NIST 800-53 AC-2(13)",
        "NIST 800-53 AC-12",
        "D3FEND D3-ANCI",
        "ATT&CK T1550.001",
    ),
    undone_by=DENIAL_UNDONE,
    options=(
        Option(
            USER_DENY,
            (_SESSIONS, _EVERYTHING),
            "sessions: deny sessions issued before the incident; other keys and new sessions of the user "
            "work; everything: deny all calls of the user with any credential. If no policy can be "
            "added, only `everything` replaces the permissions boundary; the old boundary is recorded",
        ),
        Option(
            ROLE_DENY,
            (_SESSION, _ROLE),
            "session: deny only the named session; role: deny every session of the role, so that all "
            "workloads with this role stop. If no policy can be added, only `role` replaces the "
            "permissions boundary; the old boundary is recorded",
        ),
    ),
    residual_risk=not_denied,
    needs_review=not_editable,
)
def deny_principal(principal: ResourceState, incident: Incident) -> Iterator[Step]:
    """Deny unless a denial exists. A denial with a larger reach stays, whatever its time."""
    seen = principal[Denial]
    if seen.holder is None or not seen.holder.editable:
        return
    reach = wanted(principal.ref, seen.holder, incident)
    if not seen.covers(reach):
        ways = tuple(_ways(seen, seen.holder, reach, principal.ref.account))
        yield from min(ways, key=lambda way: _tries(way, incident))


def _tries(way: tuple[Step, ...], incident: Incident) -> int:
    """Count how often a way was tried, by its last step."""
    last = way[-1]
    return sum(1 for one in incident.past if type(one) is type(last) and one.target == last.target)


def _ways(seen: Denial, holder: Holder, reach: Reach, account: str) -> Iterator[tuple[Step, ...]]:
    name, text = inline_name(reach), reach.document()
    yield (PutDenial(holder, name, seen.document(name), text),)
    if reach.everything:
        yield (AttachDenial(holder, DENY_ALL, before=False, after=True),)
        yield (SetDenyBoundary(holder, seen.boundary, DENY_ALL),)
        return
    arn = own_arn(account, holder, text)
    if seen.document(arn) in {"", text}:
        yield (*_create(seen, arn, text), AttachDenial(holder, arn, before=False, after=True))
    bounding = reach.document(boundary=True)
    arn = own_arn(account, holder, bounding)
    # A boundary that allows everything else must not replace a stricter one.
    if not seen.boundary and seen.document(arn) in {"", bounding}:
        yield (*_create(seen, arn, bounding), SetDenyBoundary(holder, "", arn))


def _create(seen: Denial, arn: str, text: str) -> Iterator[Step]:
    if not seen.document(arn):
        yield CreateDenialPolicy(arn, "", text)
