"""Deactivate the other credentials of a compromised user. An intruder may have created or seen them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.remediation import remediation
from ringfence.model.subject import PrincipalRef, RecordedCalls
from ringfence.observations.iam.access_key import ACTIVE, INACTIVE
from ringfence.observations.iam.other_credentials import OtherCredentials
from ringfence.observations.iam.user_access import has_own_credentials
from ringfence.steps.iam.other_credentials import DeactivateCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def open_credentials(principal: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield each credential that works, unless everything is denied."""
    if not has_own_credentials(principal):
        return
    if OtherCredentials in principal.unread:
        yield "the service credentials, certificates and SSH keys of the principal could not be read"
        return
    seen = principal[OtherCredentials]
    for one in seen.credentials:
        if one.status == ACTIVE:
            yield f"{one.kind} {one.id} of user {seen.user} is active"


@remediation(
    id="deactivate-other-credentials",
    title="Deactivate a compromised user's service credentials, certificates and SSH keys",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(OtherCredentials,),
    steps=(DeactivateCredential,),
    references=("NIST 800-53 IR-4", "NIST 800-53 IA-5", "ATT&CK T1098.001"),
    countermeasures=("D3-CR",),
    open_access=open_credentials,
    undone_by=(
        RecordedCalls(
            "iam",
            (
                "CreateServiceSpecificCredential",
                "ResetServiceSpecificCredential",
                "UpdateServiceSpecificCredential",
                "UpdateSigningCertificate",
                "UpdateSSHPublicKey",
                "UploadSigningCertificate",
                "UploadSSHPublicKey",
            ),
        ),
    ),
    interrupts=True,
)
def deactivate_other_credentials(principal: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Deactivate each active one."""
    seen = principal[OtherCredentials]
    for one in seen.credentials:
        if one.status == ACTIVE:
            yield DeactivateCredential(seen.user, one.kind, one.id, one.status, INACTIVE)
