"""How a verdict is said: what was compromised is contained, what broke compliance is put right."""

from __future__ import annotations

CONTAIN = "contain-"
"""How the ids of runbooks begin that contain."""


def is_containment(runbook: str) -> bool:
    """Say whether a runbook, by its id, contains."""
    return not runbook or runbook.startswith(CONTAIN)


def said(runbook: str, words: str) -> str:
    """Return words that speak of containment in those that fit the runbook."""
    if is_containment(runbook):
        return words
    return words.replace("containment", "all remediations").replace("contained", "remediated")
