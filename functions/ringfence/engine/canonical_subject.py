"""Replace ids of subjects by their canonical names before the decision. Policies and people use names.

Some rules of AWS Config judge the account if one of its resources in a region is wrong. A runbook with a
review then responds for each resource that the review lists in that region.
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
    """Return the finding with the canonical names of its subjects. Subjects outside the scope are not read.

    Raises Retryable.
    """

    def subjects() -> Iterator[Ref]:
        for ref in finding.subjects:
            if _judges_the_account(ref, finding, runbook, policy) and runbook.review:
                yield from cloud.listed(ref.account, finding.region, runbook.review)
            elif runbook.canonical_subject and isinstance(ref, runbook.subject) and not policy.outside(ref):
                yield cloud.canonical_subject(ref, runbook.canonical_subject)
            else:
                yield ref

    return replace(finding, subjects=unique(subjects()))


def _judges_the_account(ref: Ref, finding: Finding, runbook: Runbook, policy: Policy) -> bool:
    """Say whether the finding judges an account and the runbook's review lists the resources."""
    if not isinstance(ref, AccountRef) or isinstance(ref, runbook.subject) or not runbook.answers(finding):
        return False
    in_scope = not policy.regions or finding.region in policy.regions
    return in_scope and not policy.outside(ref)
