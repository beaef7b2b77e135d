"""The words of a verdict: compromised resources are contained, compliance violations remediated."""

from __future__ import annotations

CONTAIN = "contain-"
"""The prefix of the ids of containment runbooks."""


def is_containment(runbook: str) -> bool:
    """Return whether a runbook, given its id, is a containment runbook."""
    return not runbook or runbook.startswith(CONTAIN)


def said(runbook: str, words: str) -> str:
    """Adapt words about containment to the runbook."""
    if is_containment(runbook):
        return words
    return words.replace("containment", "all remediations").replace("contained", "remediated")
