"""Whether somebody sent a finding: its seal says so, which the runbook's function has checked by then.

Nothing is asked. Who sent a finding is known only to the function that established it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import CONFIRMED, Checked, SentFinding, SourceAnswer, Verdict

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref


def place(_finding: Finding, ref: Ref) -> Ref:
    """Return the account and region of the resource: nobody is asked there."""
    return ref


def check(finding: Finding, _ref: Ref) -> SansIO[Checked]:
    """Return whether the sender is proved."""
    yield from ()
    claim = finding.claim
    if isinstance(claim, SentFinding) and claim.proven:
        return Checked(CONFIRMED)
    return Checked(SourceAnswer(Verdict.REFUTED, "nothing proves who sent this finding; a person must check"))
