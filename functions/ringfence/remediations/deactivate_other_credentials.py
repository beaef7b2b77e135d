"""Deactivate what else a compromised user signs in with: an intruder may have made it, or know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.compromised import COMPROMISED_CREDENTIALS
from ringfence.core.remediation import remediation
from ringfence.core.subject import PrincipalRef
from ringfence.facets.access_key import ACTIVE, INACTIVE
from ringfence.facets.other_credentials import OtherCredentials
from ringfence.steps.other_credentials import DeactivateCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step


@remediation(
    id="deactivate-other-credentials",
    title="Deactivate a compromised user's service credentials, certificates and SSH keys",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    facets=(OtherCredentials,),
    steps=(DeactivateCredential,),
    references=("NIST 800-53 IR-4", "NIST 800-53 IA-5", "D3FEND D3-CR", "ATT&CK T1098.001"),
)
def deactivate_other_credentials(principal: Observed, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Deactivate each that is active."""
    seen = principal[OtherCredentials]
    for one in seen.credentials:
        if one.status == ACTIVE:
            yield DeactivateCredential(seen.user, one.kind, one.id, one.status, INACTIVE)
