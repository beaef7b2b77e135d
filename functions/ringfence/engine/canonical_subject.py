"""What a finding is about, before anything is decided: subjects by their own names, as policies name them.

Some rules of AWS Config judge an account where something in one of its regions is wrong. A runbook that has
a review answers that for each subject that the review lists there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.kinds.account import AccountRef
from ringfence.model.runbook import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.ports import Cloud
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Policy


def with_canonical_subjects(finding: Finding, runbook: Runbook, policy: Policy, cloud: Cloud) -> Finding:
    """Return the finding with its subjects as the runbook names them. Nothing out of scope is asked about.

    Raises Retryable.
    """

    def subjects() -> Iterator[Ref]:
        for ref in finding.subjects:
            if _is_judged_as_a_whole(ref, finding, runbook, policy) and runbook.review:
                yield from cloud.listed(ref.account, finding.region, runbook.review)
            elif runbook.canonical_subject and isinstance(ref, runbook.subject) and not policy.outside(ref):
                yield cloud.canonical_subject(ref, runbook.canonical_subject)
            else:
                yield ref

    return replace(finding, subjects=unique(subjects()))


def _is_judged_as_a_whole(ref: Ref, finding: Finding, runbook: Runbook, policy: Policy) -> bool:
    """Say whether an account stands for what the runbook's review lists in the finding's region."""
    if not isinstance(ref, AccountRef) or isinstance(ref, runbook.subject) or not runbook.answers(finding):
        return False
    in_scope = not policy.regions or finding.region in policy.regions
    return in_scope and not policy.outside(ref)
