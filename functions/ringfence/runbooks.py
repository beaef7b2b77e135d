"""The catalogue: which remediations answer for which kind of subject, in which stages."""

from __future__ import annotations

from ringfence.core.runbook import Runbook, Stage
from ringfence.core.subject import InstanceRef
from ringfence.remediations.isolate_instance import isolate_instance

CONTAIN_INSTANCE = Runbook(
    id="contain-instance",
    title="Contain a compromised EC2 instance",
    subject=InstanceRef,
    stages=(Stage("isolate", "Cut it off the network", (isolate_instance,)),),
)

CATALOGUE: dict[str, Runbook] = {runbook.id: runbook for runbook in (CONTAIN_INSTANCE,)}
