"""Whether a finding in Security Hub is open. A finding that is not has a reason, in words. Pure.

One declaration says which values of which fields close a finding. What reads a finding and what EventBridge
delivers follow from it. An unknown value does not open a finding, but it is delivered, so that the log says
why nothing follows.

https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-top-level-attributes.html
https://schema.ocsf.io/classes/compliance_finding
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.fields import formatted
from ringfence.events.security_hub.products import OF_SECURITY_HUB
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document

Value = str | int
ACTIVE, FAILED = "ACTIVE", "FAILED"
CLOSED_WORDS = {3: "suppressed", 4: "resolved", 5: "archived", 6: "deleted"}
"""The `status_id` of OCSF for a finding that is not open."""
FAIL = 3
"""The `compliance.status_id` of OCSF for a failed check."""
_CLOSE = 3
"""The `activity_id` of OCSF for a finding that was closed."""


@frozen
class Field:
    """A field that can close a finding. A finding without it is open.

    Attributes
    ----------
    path : tuple of str
        Where it is in a finding.
    closed : tuple of values
        The values with which it closes a finding.
    of_control : bool
        Whether every finding of a control has the field, and few others have it.
    """

    path: tuple[str, ...]
    closed: tuple[Value, ...]
    of_control: bool = False


RECORD = Field(("RecordState",), ("ARCHIVED",))
WORKFLOW = Field(("Workflow", "Status"), ("RESOLVED", "SUPPRESSED"))
COMPLIANCE = Field(("Compliance", "Status"), ("PASSED", "WARNING", "NOT_AVAILABLE"), of_control=True)
OPEN = frozenset({"NEW", "NOTIFIED"})
"""The states of a workflow in which nobody has closed the finding."""
STATUS_V2 = Field(("status_id",), tuple(CLOSED_WORDS))
ACTIVITY_V2 = Field(("activity_id",), (_CLOSE,))
COMPLIANCE_V2 = Field(("compliance", "status_id"), (0, 1, 2, 99), of_control=True)
ASFF, V2 = (RECORD, WORKFLOW, COMPLIANCE), (STATUS_V2, ACTIVITY_V2, COMPLIANCE_V2)
PRODUCT, PRODUCT_V2 = ("ProductArn",), ("metadata", "product", "uid")
"""Where a finding names its product."""


def open_findings(fields: tuple[Field, ...], product: tuple[str, ...]) -> Mapping[str, object]:
    """Return the pattern of events with an open finding, below `detail`.

    EventBridge looks for a missing field in the whole event, and not in each finding. So `exists` is only
    enough for fields that every finding has. Findings of other products than Security Hub are delivered
    whatever their compliance is. So an event with several findings never loses an open one.
    """
    wanted: dict[str, object] = {}
    either: list[Mapping[str, object]] = []
    for one in fields:
        values: list[object] = [{"exists": False}, {"anything-but": list(one.closed)}]
        if one.of_control:
            others: list[object] = [{"anything-but": {"suffix": OF_SECURITY_HUB}}]
            either += [_below(one.path, values), _below(product, others)]
        else:
            wanted |= _below(one.path, values)
    return {"findings": {**wanted, "$or": either}}


def _below(path: tuple[str, ...], values: list[object]) -> dict[str, object]:
    first, *rest = path
    return {first: _below(tuple(rest), values) if rest else values}


def closed(finding: Document) -> str:
    """Return why a finding of Security Hub CSPM (ASFF) is not open. Empty if it is."""
    fields = finding.optional_child("ProductFields")
    record = _text(finding, RECORD) or fields.optional_text("RecordState") or ACTIVE
    if record != ACTIVE:
        return f"the finding's record state is {formatted(record)}, and Ringfence answers only {ACTIVE}"
    workflow = _text(finding, WORKFLOW) or "NEW"
    if workflow not in OPEN:
        return f"the finding's workflow status is {formatted(workflow)}: somebody or Security Hub closed it"
    compliance = _text(finding, COMPLIANCE) or FAILED
    if compliance != FAILED:
        return f"the control's status is {formatted(compliance)}, and Ringfence answers only {FAILED}"
    return ""


def closed_v2(finding: Document) -> str:
    """Return why a finding of the new Security Hub (OCSF) is not open. Empty if it is."""
    status = _number(finding, STATUS_V2)
    if status in CLOSED_WORDS:
        return f"the finding is {CLOSED_WORDS[status]}"
    if _number(finding, ACTIVITY_V2) == _CLOSE:
        return "the finding is closed"
    checked = _number(finding, COMPLIANCE_V2)
    if checked not in {None, FAIL}:
        word = finding.optional_child("compliance").optional_text("status") or str(checked)
        return f"the control's status is {formatted(word)}, and Ringfence answers only Fail"
    return ""


def _text(finding: Document, field: Field) -> str | None:
    *parents, last = field.path
    for one in parents:
        finding = finding.optional_child(one)
    return finding.optional_text(last)


def _number(finding: Document, field: Field) -> int | None:
    *parents, last = field.path
    for one in parents:
        finding = finding.optional_child(one)
    return finding.integer(last) if finding.has(last) else None
