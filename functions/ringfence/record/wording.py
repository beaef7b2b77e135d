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
    if any(one.kind == "Intended" for one in now.lines):
        return "Nothing of this plan has been changed yet. Earlier steps of this incident are in its record."
    contained = " The resource is NOT contained." if is_containment(now.runbook) else ""
    return f"Nothing has been changed yet.{contained}"


def declined(now: Summary) -> str:
    """Return what is true after people rejected a plan: nothing of it was changed."""
    if any(one.kind == "Intended" for one in now.lines):
        return "Nothing of this plan was changed. Earlier steps of this incident are in its record."
    contained = " The resource is NOT contained." if is_containment(now.runbook) else ""
    return f"Nothing was changed.{contained}"
