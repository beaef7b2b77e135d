"""Report a finding that no other runbook acts on. Nothing is changed.

A person gets one notification for each finding. Updates of the finding join its incident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.defenses import IMPAIRED_DEFENSES
from ringfence.events.cloudtrail.trigger.own_resources import OWN_RESOURCES
from ringfence.events.guardduty.trigger.reported import REPORTED_FINDING
from ringfence.events.health.abuse import OTHER_RISKS
from ringfence.model.kinds.finding import FindingRef
from ringfence.model.remediation import remediation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def for_a_person(finding: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what a person must do."""
    yield f"no runbook acts on {finding.ref.id}: a person must check it where it was reported"


@remediation(
    id="report-finding",
    title="Report a finding that no other runbook acts on",
    subject=FindingRef,
    triggers=(REPORTED_FINDING, IMPAIRED_DEFENSES, OWN_RESOURCES, OTHER_RISKS),
    observations=(),
    steps=(),
    references=("NIST 800-53 IR-6", "NIST 800-61r2 3.2.7", "ATT&CK T1562"),
    needs_review=for_a_person,
)
def report_finding(finding: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing."""
    return iter(())
