"""The words of a verdict: compromised resources are contained, compliance violations remediated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.record.summary import Summary

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


def so_far(now: Summary) -> str:
    """Return what the person who answers must not assume: that something was done already."""
    return _unchanged(now, "has been changed yet")


def declined(now: Summary) -> str:
    """Return what is true after people rejected a plan: nothing of it was changed."""
    return _unchanged(now, "was changed")


def _unchanged(now: Summary, verb: str) -> str:
    if any(one.kind == "Intended" for one in now.lines):
        return f"Nothing of this plan {verb}. Earlier steps of this incident are in its record."
    contained = " The resource is NOT contained." if is_containment(now.runbook) else ""
    return f"Nothing {verb}.{contained}"
