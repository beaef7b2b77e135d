"""Ask the source again about a finding that was acted on without its answer. Pure.

What was changed stays: undoing it is for a person, because an intruder can be the reason why the source does
not answer. Nothing more is changed after the source refuted the finding.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.claims import ABSENT_FOR
from ringfence.model.claims import SourceAnswer, Verdict
from ringfence.record.facts import DecisionMade, FindingReceived, SourceAsked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.model.finding import Finding
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

ASKED_FOR = timedelta(hours=1)
"""How long the source is asked again."""


def unconfirmed(history: History) -> tuple[Finding, datetime] | None:
    """Return the newest finding that was acted on without an answer since, and the time of the decision."""
    settled = {one.finding for one in history.of(SourceAsked)}
    for entry, fact in reversed(history.facts):
        if not isinstance(fact, DecisionMade) or fact.finding in settled or fact.source is None:
            continue
        if fact.decision.mode.changes and fact.source.verdict is Verdict.UNKNOWN:
            known = (one.finding for one in history.of(FindingReceived) if one.finding.id == fact.finding)
            found = next((one for one in known if one.claim), None)
            return (found, entry.at) if found else None
        settled.add(fact.finding)
    return None


def settled(finding: Finding, since: datetime, answer: SourceAnswer, now: datetime) -> SourceAsked | None:
    """Return the fact that ends the question. None if the source is asked again."""
    if answer.verdict is Verdict.ABSENT and now >= since + ABSENT_FOR:
        answer = SourceAnswer(Verdict.REFUTED, answer.reason)
    if answer.verdict.is_open and now < since + ASKED_FOR:
        return None
    return SourceAsked(finding.id, answer)


def refutation(history: History, pending: Iterable[Fact] = ()) -> str:
    """Return why nothing more may be changed: all findings that were acted on are refuted. Else empty."""
    facts = [*(fact for _, fact in history.facts), *pending]
    asked = {one.finding: one.answer for one in facts if isinstance(one, SourceAsked)}
    acted = [one for one in facts if isinstance(one, DecisionMade) and one.decision.mode.changes]
    refuted = [
        asked[one.finding].reason
        for one in acted
        if one.finding in asked and asked[one.finding].verdict is Verdict.REFUTED
    ]
    return refuted[-1] if refuted and len(refuted) == len(acted) else ""
