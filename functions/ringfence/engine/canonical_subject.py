"""Replace ids of subjects by their canonical names before the decision. Policies and people use names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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

    def named() -> Iterator[Ref]:
        for ref in finding.subjects:
            asked = runbook.canonical_subject and isinstance(ref, runbook.subject) and not policy.outside(ref)
            yield (
                cloud.canonical_subject(ref, runbook.canonical_subject)
                if asked and runbook.canonical_subject
                else ref
            )

    return replace(finding, subjects=unique(named()))
