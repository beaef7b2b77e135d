"""The type and severity of a finding of Security Hub CSPM (ASFF), as its provider wrote them. Pure.

Everybody who may call BatchUpdateFindings can change `Severity` and `Types` of a finding of any product. Only
its provider writes `FindingProviderFields`, and Security Hub fills them for every finding.

https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchupdatefindings.html
https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from ringfence.model.document import Document

LEVELS = MappingProxyType({"INFORMATIONAL": 0.0, "LOW": 1.0, "MEDIUM": 4.0, "HIGH": 7.0, "CRITICAL": 9.0})
"""The lowest severity on GuardDuty's scale for each label of ASFF, in ascending order."""
_NORMALIZED = 10
"""Normalized severities are 0 to 100, GuardDuty's 0 to 10."""
_PROVIDER = "FindingProviderFields"


def types_of(finding: Document) -> tuple[str, ...]:
    """Return its types."""
    return finding.optional_child(_PROVIDER).texts("Types") or finding.texts("Types")


def level_of(finding: Document) -> float:
    """Return the lowest severity of its label. Raises BadInput for an unknown one."""
    provided = finding.optional_child(_PROVIDER).optional_child("Severity")
    severity = provided if provided.has("Label") else finding.child("Severity")
    label = severity.optional_text("Label") or "INFORMATIONAL"
    if label not in LEVELS:
        raise BadInput(severity.at("Label"), f"must be one of {', '.join(LEVELS)}", label)
    return LEVELS[label]


def severity_of(finding: Document) -> float:
    """Return its severity on GuardDuty's scale: the exact one if it fits the provider's label."""
    severity = finding.child("Severity")
    has_own = severity.has("Product")
    given = severity.number("Product") if has_own else severity.number("Normalized") / _NORMALIZED
    if not finding.optional_child(_PROVIDER).optional_child("Severity").has("Label"):
        return given
    least = level_of(finding)
    return given if max(one for one in LEVELS.values() if one <= max(given, 0.0)) == least else least
