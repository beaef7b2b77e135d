"""Deactivate the access key that a finding names: the first thing done, and the least.

The user's other keys are left unless somebody chose otherwise: they may be what production runs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.compromised import COMPROMISED_CREDENTIALS
from ringfence.core.remediation import Choice, remediation
from ringfence.core.subject import PrincipalRef
from ringfence.facets.access_key import ACTIVE, INACTIVE, AccessKey
from ringfence.steps.access_keys import DeactivateAccessKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step

OTHERS = "other-keys"
_LEAVE, _DEACTIVATE = "leave", "deactivate"


def still_active(principal: Observed, incident: Incident) -> Iterator[str]:
    """Name the user's keys that go on working."""
    seen = principal[AccessKey]
    if incident.choice(OTHERS) == _LEAVE:
        for key in seen.keys:
            if key.id != principal.ref.id and key.status == ACTIVE:
                yield f"user {seen.user} has another key that stays active: {key.id}"


def no_users(principal: Observed, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Say that a key which belongs to no user cannot be deactivated from here.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    """
    if not principal[AccessKey].user:
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
    facets=(AccessKey,),
    steps=(DeactivateAccessKey,),
    references=("NIST 800-53 IR-4", "NIST 800-53 AC-2(13)", "D3FEND D3-CR", "ATT&CK T1078.004"),
    choices=(
        Choice(
            OTHERS,
            (_LEAVE, _DEACTIVATE),
            "leave: only the key that was named stops working, which is right while nothing speaks against "
            "the others; deactivate: every key of the user stops working, and whatever runs on them",
        ),
    ),
    exposure=still_active,
    review=no_users,
)
def deactivate_access_key(principal: Observed, incident: Incident) -> Iterator[Step]:
    """Deactivate the key if it is active; the user's others by choice."""
    seen = principal[AccessKey]
    everything = incident.choice(OTHERS) == _DEACTIVATE
    for key in seen.keys:
        if key.status == ACTIVE and (everything or key.id == principal.ref.id):
            yield DeactivateAccessKey(seen.user, key.id, key.status, INACTIVE)
