"""Turn a compromised instance's metadata service off, so that nothing on it can fetch credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.core.guardduty import COMPROMISED_INSTANCE
from ringfence.core.remediation import remediation
from ringfence.core.subject import InstanceRef
from ringfence.facets.metadata import DISABLED, Metadata
from ringfence.steps.metadata import SetMetadataOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step


@remediation(
    id="disable-metadata",
    title="Turn a compromised instance's metadata service off",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    facets=(Metadata,),
    steps=(SetMetadataOptions,),
    references=("NIST 800-53 IR-4", "NIST 800-53 CM-7", "D3FEND D3-CTS", "ATT&CK T1552.005"),
    optional=True,
    cost="software on the instance that reads the metadata service stops working: agents, SDKs, scripts",
)
def disable_metadata(instance: Observed, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Disable the endpoint and leave every other option as it is."""
    options = instance[Metadata].options
    if options.endpoint != DISABLED:
        yield SetMetadataOptions(instance.ref.id, options, replace(options, endpoint=DISABLED))
