"""Whether a finding in Security Hub is open. A finding that is not has a reason, in words. Pure.

https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
https://schema.ocsf.io/classes/compliance_finding
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.fields import formatted

if TYPE_CHECKING:
    from ringfence.model.document import Document

ACTIVE, FAILED = "ACTIVE", "FAILED"
OPEN = frozenset({"NEW", "NOTIFIED"})
"""The states of a workflow in which nobody has closed the finding."""
CLOSED = MappingProxyType({3: "suppressed", 4: "resolved", 5: "archived", 6: "deleted"})
"""The `status_id` of OCSF for a finding that is not open."""
FAIL = 3
"""The `compliance.status_id` of OCSF for a failed check."""
_CLOSE = 3
"""The `activity_id` of OCSF for a finding that was closed."""


def closed(finding: Document) -> str:
    """Return why a finding of Security Hub CSPM (ASFF) is not open. Empty if it is."""
    fields = finding.optional_child("ProductFields")
    record = finding.optional_text("RecordState") or fields.optional_text("RecordState") or ACTIVE
    if record != ACTIVE:
        return f"the finding's record state is {formatted(record)}, and Ringfence answers only {ACTIVE}"
    workflow = finding.optional_child("Workflow").optional_text("Status") or "NEW"
    if workflow not in OPEN:
        return f"the finding's workflow status is {formatted(workflow)}: somebody or Security Hub closed it"
    compliance = finding.optional_child("Compliance").optional_text("Status") or FAILED
    if compliance != FAILED:
        return f"the control's status is {formatted(compliance)}, and Ringfence answers only {FAILED}"
    return ""


def closed_v2(finding: Document) -> str:
    """Return why a finding of the new Security Hub (OCSF) is not open. Empty if it is."""
    status = finding.integer("status_id") if finding.has("status_id") else 0
    if status in CLOSED:
        return f"the finding is {CLOSED[status]}"
    if finding.has("activity_id") and finding.integer("activity_id") == _CLOSE:
        return "the finding is closed"
    compliance = finding.optional_child("compliance")
    if compliance.has("status_id") and compliance.integer("status_id") != FAIL:
        word = compliance.optional_text("status") or str(compliance.integer("status_id"))
        return f"the control's status is {formatted(word)}, and Ringfence answers only Fail"
    return ""
