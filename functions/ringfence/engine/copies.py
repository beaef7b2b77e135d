"""Take from GuardDuty what others can change in a copy of its finding, before the policy decides.

The copy in Security Hub can arrive first. A policy that decided by its type and severity would let everybody
who may change the copy decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import Verdict
from ringfence.model.errors import BadInput, InternalError, Refused, Retryable
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from ringfence.engine.ports import Cloud
    from ringfence.model.finding import Finding
    from ringfence.policy.policy import Policy


def as_held(finding: Finding, policy: Policy, cloud: Cloud) -> Finding:
    """Return the finding with the type and severity that GuardDuty has. It is then no copy any more.

    A copy that GuardDuty does not confirm stays one. Its claim is checked again when the response begins, and
    the record never prefers it to an event of GuardDuty.
    """
    ref = next(iter(finding.subjects), None)
    if not finding.copied or ref is None or policy.outside(ref):
        return finding
    try:
        checked = cloud.confirm(ref, finding)
    except (BadInput, InternalError, Refused, Retryable):
        return finding
    held = checked.finding
    if held is None or checked.answer.verdict is not Verdict.CONFIRMED:
        return finding
    return replace(finding, type=held.type, severity=held.severity, claim=held.claim)
