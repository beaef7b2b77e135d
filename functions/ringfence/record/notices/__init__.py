"""Notices: the messages that some facts cause. One module for each kind of cause."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.record.notices import decisions, endings, limits, pauses, senders, tampering, undone, verdicts
from ringfence.record.notices.notice import Notice
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ringfence.record.chain import Entry

__all__ = ["NOTIFYING_FACTS", "Notice", "notice"]
_VERIFIED, _DECIDED = "Verified", "DecisionMade"
_APPROVALS = frozenset(("ApprovalAnswered", "ApprovalExpired", "ApprovalRequested", "ApprovalVoided"))
_OTHERS: Mapping[str, Callable[[Summary], Notice | None]] = MappingProxyType(
    {
        "Closed": endings.closed,
        "BreakerOpened": limits.limit_reached,
        "ContainmentBroken": undone.containment_undone,
        "FindingRefused": senders.refused,
        "HistoryRejected": tampering.rejected,
        "LeaseVoided": tampering.lease_voided,
        "LeftUnfinished": endings.left,
        "LimitReset": limits.limit_reset,
        "PauseHeld": tampering.pauses_unreadable,
        "PausesChanged": pauses.pauses_changed,
        "RecordUnsealed": tampering.unsealed,
        "Released": endings.released,
        "RemediationUndone": undone.fix_undone,
        "SourceAsked": decisions.asked,
        "SubjectGone": endings.gone,
    }
)
"""The notices of facts that do not depend on earlier entries."""
NOTIFYING_FACTS = frozenset((*_OTHERS, *_APPROVALS, _VERIFIED, _DECIDED))
"""The facts that can cause a notice."""


def notice(entries: Sequence[Entry]) -> Notice | None:
    """Return the notice for the last of `entries`, given the earlier ones. None if it causes none.

    Raises BadInput for an entry with fields of a wrong type.
    """
    now, before = Summary.of(entries), Summary.of(entries[:-1])
    if not now.lines:
        return None
    kind = now.lines[-1].kind
    if kind == _VERIFIED:
        return endings.stopped(now) if now.releasing else verdicts.verified(now, before)
    if kind == _DECIDED:
        return decisions.decided(now, before)
    if kind in _APPROVALS:
        from ringfence.record.notices.approvals import approval_notice

        return approval_notice(now, entries)
    return _OTHERS[kind](now) if kind in _OTHERS else None
