"""Ask AWS Config whether the rule behind a verdict is the managed rule that the finding's type names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import CONFIRMED, Checked, SourceAnswer, Verdict
from ringfence.model.rule_confirmation import ManagedRule

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref


def place(_finding: Finding, ref: Ref) -> Ref:
    """Return the account and region to ask. The rule's region is in the call."""
    return ref


def check(finding: Finding, _ref: Ref) -> SansIO[Checked]:
    """Read the rule. Its verdict is not read: the resource itself is, before any change."""
    if not isinstance(finding.claim, ManagedRule):
        raise TypeError("a verdict of AWS Config claims a rule")
    doubt = yield from finding.claim.confirm()
    return Checked(SourceAnswer(Verdict.REFUTED, doubt) if doubt else CONFIRMED)
