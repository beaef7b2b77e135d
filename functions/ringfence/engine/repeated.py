"""Whether a version of a finding is one that its incident has answered completely. Pure.

Such a version is no news, whatever its source says now: GuardDuty does not confirm a finding any more that
was archived because everything is done, and Security Hub sends a finding again after each write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.unconfirmed import unconfirmed
from ringfence.model.claims import Verdict
from ringfence.record.facts import DecisionMade, FindingReceived

if TYPE_CHECKING:
    from ringfence.engine.prospect import Prospect
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.finding import Finding
    from ringfence.record.history import History

ANSWERED = "the incident has answered this version of the finding, and nothing is left to do"


def is_answered(request: ResponseRequest, history: History, opened: Prospect) -> bool:
    """Return whether the incident has answered this version, is complete, and nothing is left to do.

    A finding that a person chose is a request of that person. Entries of which nobody can prove the origin
    could have been written so that a finding is not answered.
    """
    finding = request.finding.finding if request.finding else None
    if finding is None or finding.routine or finding.chosen or history.proof.unproved:
        return False
    if history.completed_at is None or opened.failed or (opened.first and opened.first.steps):
        return False
    if request.source and request.source.verdict is Verdict.UNKNOWN and unconfirmed(history):
        return False  # its source is asked again
    known = (one.finding for one in history.of(FindingReceived))
    return any(_covers(one, finding) for one in known) and _is_decided(request, finding, history)


def _covers(old: Finding, new: Finding) -> bool:
    """Return whether a recorded version says as much. Security Hub has no count, and a coarser severity.

    A version of the same event always does: its source may have had a newer version with a lower severity.
    """
    if (old.source, old.id, old.type) != (new.source, new.id, new.type):
        return False
    is_same_event = bool(new.digest) and old.digest == new.digest
    return is_same_event or (
        old.updated_at >= new.updated_at and old.severity >= new.severity and old.count >= new.count
    )


def _is_decided(request: ResponseRequest, finding: Finding, history: History) -> bool:
    """Return whether a decision about it did not come from a source that denies it, or cannot confirm it."""
    ids = set(request.runbook.ids)
    return any(
        made.finding == finding.id and not ids.isdisjoint(made.remediations)
        for made in history.of(DecisionMade)
        if made.source is None or made.source.verdict in (Verdict.CONFIRMED, Verdict.UNKNOWN)
    )
