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
    from ringfence.policy.policy import Policy


def with_canonical_subjects(finding: Finding, runbook: Runbook, policy: Policy, cloud: Cloud) -> Finding:
    """Return the finding with the canonical names of its subjects. Subjects outside the scope are not read.

    Raises Retryable.
    """

    def subjects() -> Iterator[Ref]:
        for ref in finding.subjects:
            if runbook.review and stands_for_listed(ref, finding, runbook):
                inside = _is_in_scope(ref, finding, policy)
                listed = cloud.listed(ref.account, finding.region, runbook.review).refs if inside else (ref,)
                yield from listed
            elif runbook.canonical_subject and isinstance(ref, runbook.subject) and not policy.outside(ref):
                yield cloud.canonical_subject(ref, runbook.canonical_subject)
            else:
                yield ref

    return replace(finding, subjects=unique(subjects()))


def stands_for_listed(ref: Ref, finding: Finding, runbook: Runbook) -> bool:
    """Return whether a subject is the account of resources that the runbook's review lists."""
    if not isinstance(ref, AccountRef) or isinstance(ref, runbook.subject):
        return False
    return runbook.review is not None and runbook.answers(finding)


def _is_in_scope(ref: Ref, finding: Finding, policy: Policy) -> bool:
    return (not policy.regions or finding.region in policy.regions) and not policy.outside(ref)
