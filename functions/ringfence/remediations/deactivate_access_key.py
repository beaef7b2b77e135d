"""Deactivate the access key that a finding names. This is the first and smallest change.

The user's other keys stay active unless an option says otherwise, because production may use them.

AWS's quarantine names a user and no key. The user's key is the exposed one if the user has no other key and
the key is older than the quarantine. Inactive keys count too, because somebody may have deactivated the
exposed one. This is decided once, at the first read: a person may delete the exposed key later, and the
remaining key is then the one in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import PrincipalRef, RecordedCalls
from ringfence.observations.iam.access_key import ACTIVE, INACTIVE, AccessKey
from ringfence.observations.iam.user_access import OTHER_ACCESS, has_own_credentials, trusts_other_access
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.exposed_keys import concerns, exposed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

OTHERS = "other-keys"
_LEAVE, _DEACTIVATE = "leave", "deactivate"


def still_active(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the user's keys that stay active."""
    seen = principal[AccessKey]
    if incident.choice(OTHERS) == _DEACTIVATE:
        return
    left = [one for one in seen.keys if one.status == ACTIVE and one.id not in exposed(principal, incident)]
    if isinstance(principal.ref, AccessKeyRef):
        for key in left:
            yield f"user {seen.user} has another key that stays active: {key.id}"
    elif left and not concerns(principal, incident):
        yield from (f"access key {key.id} of user {seen.user} stays active" for key in left)
    elif left:
        yield (
            f"AWS does not say which access key of user {seen.user} was exposed, and Ringfence cannot "
            f"find out which of {', '.join(f'{one.id} ({one.status})' for one in seen.keys)} it is: "
            f"active keys stay active. A person must find out which key it is, or choose `{OTHERS}: "
            f"{_DEACTIVATE}`"
        )


def open_keys(principal: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the active keys of the user, unless everything is denied."""
    if not has_own_credentials(principal):
        return
    if AccessKey in principal.unread:
        yield "the access keys of the principal could not be read, so one may be active"
        return
    seen = principal[AccessKey]
    for key in seen.keys:
        if key.status == ACTIVE and key.id in exposed(principal, incident):
            yield f"access key {key.id} of user {seen.user} is active"
    if not trusts_other_access(incident):
        yield from still_active(principal, incident)


def no_users(principal: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield that a key without a user cannot be deactivated from this account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    """
    if isinstance(principal.ref, AccessKeyRef) and not principal[AccessKey].user:
        yield (
            f"access key {principal.ref.id} exists and belongs to no IAM user that IAM names: it may be the "
            "root user's. Nothing was changed: a person must sign in as the root user and deactivate it, or "
            "delete it from the management account by central root access"
        )


@remediation(
    id="deactivate-access-key",
    title="Deactivate a compromised access key",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(AccessKey,),
    steps=(DeactivateAccessKey,),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-2(13)", "ATT&CK T1078.004"),
    countermeasures=("D3-CR",),
    undone_by=(
        RecordedCalls(
            "iam",
            (
                "CreateAccessKey",
                "UpdateAccessKey",
            ),
        ),
    ),
    options=(
        Option(
            OTHERS,
            (_LEAVE, _DEACTIVATE),
            "leave: only the exposed key stops working; choose this if nothing indicates that the other "
            "keys are exposed; deactivate: every key of the user stops working, and all workloads with these "
            "keys",
        ),
        OTHER_ACCESS,
    ),
    residual_risk=still_active,
    open_access=open_keys,
    needs_review=no_users,
    interrupts=True,
)
def deactivate_access_key(principal: ResourceState, incident: Incident) -> Iterator[Step]:
    """Deactivate the exposed key if it is active. Deactivate the other keys if the option says so."""
    if not concerns(principal, incident):
        return
    seen, named = principal[AccessKey], exposed(principal, incident)
    everything = incident.choice(OTHERS) == _DEACTIVATE
    for key in seen.keys:
        if key.status == ACTIVE and (everything or key.id in named):
            yield DeactivateAccessKey(seen.user, key.id, key.status, INACTIVE)
