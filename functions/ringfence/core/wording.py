"""How a verdict is said: what was compromised is contained, what broke compliance is put right."""

from __future__ import annotations

CONTAIN = "contain-"
"""How the ids of runbooks begin that contain."""


def said(runbook: str, words: str) -> str:
    """Return words that speak of containment in those that fit the runbook."""
    if not runbook or runbook.startswith(CONTAIN):
        return words
    return words.replace("it does not contain", "it does not put right all").replace("contained", "put right")
