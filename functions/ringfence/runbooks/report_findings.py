"""Report what no other runbook acts on. Nothing is read or changed."""

from __future__ import annotations

from ringfence.model.kinds.finding import FindingRef
from ringfence.model.runbook import Runbook
from ringfence.runbooks import stage

REPORT_FINDINGS = Runbook(
    id="report-findings",
    title="Report findings that no other runbook acts on",
    subject=FindingRef,
    position=90,
    stages=(stage("report", "Report the finding", "report-finding"),),
    closes_when_complete=True,
)
